/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "cproc-message.h"

G_BEGIN_DECLS

struct _CprocMessage
{
  gatomicrefcount ref_count;
  gint sealed;    /* immutable: it has been sent or received */
  JsonNode *root; /* made on the first request */
  gboolean may_be_internal; /* a member may be named "cmd", as those of Node's own frames */
  GStringChunk *strings; /* strings that an iterator has decoded; locked */
  GUnixFDList *fd_list;
  const char *handle_type;    /* Node's type of the only descriptor; static */
  const char *handle_members; /* further members of its frame for Node, or NULL; static */
  gsize length;
  const char *text; /* after the struct, in the same allocation */
};

/* Node passes one descriptor; the kernel passes at most this many at once. */
#define CPROC_MESSAGE_MAX_FDS 253

/* Creates a received message, which is sealed. text must have passed cproc_json_check(), so that
 * reading it later cannot fail. fd_list: (transfer full) (nullable) */
CprocMessage *cproc_message_new      (const char   *text,
                                      gsize         length,
                                      GUnixFDList  *fd_list);

/* Creates a message of the library's own. Checks text and takes ownership of it. carried: the
 * message whose descriptors it takes along, or NULL. */
CprocMessage *cproc_message_new_frame (char         *text,
                                       CprocMessage *carried);

/* The same as cproc_message_new() without a copy: takes ownership of storage, which is from
 * g_malloc(). The text lies in it at or after sizeof (CprocMessage), followed by room for one more
 * byte. */
CprocMessage *cproc_message_new_take (gpointer      storage,
                                      const char   *text,
                                      gsize         length);

void          cproc_message_seal     (CprocMessage *self);

/* Returns a copy of the string that lives as long as the message; one copy for each string. */
const char   *cproc_message_keep_string (CprocMessage *self,
                                         const char   *string);

guint         cproc_message_get_n_fds (CprocMessage *self);

/* Returns the descriptor with that index, which stays the message's; -1 if the user has taken
 * it. */
int           cproc_message_peek_fd  (CprocMessage *self,
                                      guint         index);

G_END_DECLS
