/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "cproc-message.h"

G_BEGIN_DECLS

struct _CprocMessage
{
  gatomicrefcount ref_count;
  JsonNode *root; /* made when it is first asked for */
  GUnixFDList *fd_list;
  const char *text; /* behind the struct, in the same allocation */
};

/* text must have passed cproc_json_check(): what is read from it later cannot fail. */
CprocMessage *cproc_message_new      (const char  *text,
                                      gsize        length,
                                      GUnixFDList *fd_list);

/* The same without a copy: storage is from g_malloc() and given away, the text lies in it at or
 * behind sizeof (CprocMessage), and one byte more for its end is there. */
CprocMessage *cproc_message_new_take (gpointer     storage,
                                      const char  *text,
                                      gsize        length);

G_END_DECLS
