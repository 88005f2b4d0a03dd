/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Returns tasks in the main context that their object uses at the end of the operation. A
 * synchronous wait moves its object to a context of its own for some time; the callback of a plain
 * GTask would then come after the wait, or never. */
GTask   *cproc_task_new            (gpointer             source_object,
                                    GCancellable        *cancellable,
                                    GAsyncReadyCallback  callback,
                                    gpointer             user_data,
                                    gpointer             source_tag);

/* The same as g_task_return_…(); context: the one that the object uses now. */
void     cproc_task_return_boolean (GTask               *task,
                                    GMainContext        *context,
                                    gboolean             result);
void     cproc_task_return_pointer (GTask               *task,
                                    GMainContext        *context,
                                    gpointer             result,
                                    GDestroyNotify       destroy);
void     cproc_task_return_error   (GTask               *task,
                                    GMainContext        *context,
                                    GError              *error);

/* Calls the callbacks of all tasks that were returned in this context and not in their own. Call
 * this before the context is given up. */
void     cproc_task_flush          (GMainContext        *context);

G_END_DECLS
