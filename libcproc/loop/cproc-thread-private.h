/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "cproc-launch-private.h"

G_BEGIN_DECLS

typedef void (*CprocLaunchThreadFunc) (gpointer user_data);

/* What is called here ends the program where there can be no thread: to be made sure of before. */
gboolean cproc_launch_thread_ensure     (GError              **error);

/* Calls func in the library's thread and waits until it returns. */
void     cproc_launch_thread_call       (CprocLaunchThreadFunc func,
                                         gpointer              user_data);

gboolean cproc_launch_thread_is_current (void);

G_END_DECLS
