/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "cproc-message.h"

G_BEGIN_DECLS

struct _CprocMessage
{
  gatomicrefcount ref_count;
  gint sealed;    /* nothing may change any more: it has been sent, or it was received */
  JsonNode *root; /* made when it is first asked for */
  gboolean may_be_internal; /* a member may be named "cmd", as those of Node's own frames */
  GStringChunk *strings; /* what an iterator has decoded; under a lock */
  GUnixFDList *fd_list;
  const char *handle_type;    /* Node's name for what the one descriptor is; static */
  const char *handle_members; /* members of the frame that Node wants beside it, or NULL; static */
  gsize length;
  const char *text; /* behind the struct, in the same allocation */
};

/* Node's own programs pass one; the kernel takes no more at once. */
#define CPROC_MESSAGE_MAX_FDS 253

/* A received message, which is sealed. text must have passed cproc_json_check(): what is read from
 * it later cannot fail. fd_list: (transfer full) (nullable) */
CprocMessage *cproc_message_new      (const char   *text,
                                      gsize         length,
                                      GUnixFDList  *fd_list);

/* A message of the library's own: text is checked, and given away. carried: the message whose
 * descriptors it takes along, or NULL. */
CprocMessage *cproc_message_new_frame (char         *text,
                                       CprocMessage *carried);

/* The same without a copy: storage is from g_malloc() and given away, the text lies in it at or
 * behind sizeof (CprocMessage), and one byte more for its end is there. */
CprocMessage *cproc_message_new_take (gpointer      storage,
                                      const char   *text,
                                      gsize         length);

void          cproc_message_seal     (CprocMessage *self);

/* A copy of the string that lives as long as the message; once for each string. */
const char   *cproc_message_keep_string (CprocMessage *self,
                                         const char   *string);

guint         cproc_message_get_n_fds (CprocMessage *self);

/* The descriptor of that number, which stays the message's; -1 if the user has taken it. */
int           cproc_message_peek_fd  (CprocMessage *self,
                                      guint         index);

G_END_DECLS
