/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <libcproc.h>

G_BEGIN_DECLS

/* The worker that comes with the application, which is started again as its own child: a number is
 * answered with its prime factors, anything else comes back. */

CprocCommand *tasks_worker_new_command (void);

/* FALSE when this process is nobody's worker. */
gboolean      tasks_worker_run         (void);

G_END_DECLS
