/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The library's own thread. It never ends, because the kernel sends a child's parent-death signal
 * when the thread that started the child ends. A start in this thread costs the caller only a
 * hand-over. */

typedef void (*CprocThreadFunc) (gpointer user_data);

/* Makes the thread. Call this first: the functions below abort if no thread can be made. */
gboolean      cproc_thread_ensure      (GError          **error);

/* Returns the context that the thread runs, for other sources. */
GMainContext *cproc_thread_get_context (void);

/* Calls func in the thread. */
void          cproc_thread_push        (GSourceFunc       func,
                                        gpointer          user_data);

/* Calls func in the thread and waits until it returns. */
void          cproc_thread_call        (CprocThreadFunc   func,
                                        gpointer          user_data);

gboolean      cproc_thread_is_current  (void);

G_END_DECLS
