/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The library's own thread. It never ends: a child's parent-death signal is sent when the thread
 * that started the child ends. A start that is made there costs the caller only a hand-over. */

typedef void (*CprocThreadFunc) (gpointer user_data);

/* Makes the thread. The functions below end the program where no thread can be made, so call this
 * first. */
gboolean      cproc_thread_ensure      (GError          **error);

/* The context that the thread runs, for other sources. */
GMainContext *cproc_thread_get_context (void);

/* Calls func in the thread. */
void          cproc_thread_push        (GSourceFunc       func,
                                        gpointer          user_data);

/* Calls func in the thread and waits until it returns. */
void          cproc_thread_call        (CprocThreadFunc   func,
                                        gpointer          user_data);

gboolean      cproc_thread_is_current  (void);

G_END_DECLS
