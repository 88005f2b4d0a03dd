/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#if !defined (CPROC_INSIDE) && !defined (CPROC_COMPILATION)
#error "Only <libcproc.h> can be included directly."
#endif

#include "cproc-child.h"

G_BEGIN_DECLS

#define CPROC_TYPE_EXEC (cproc_exec_get_type ())

CPROC_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (CprocExec, cproc_exec, CPROC, EXEC, CprocChild)

CPROC_AVAILABLE_IN_1_0
CprocExec *cproc_exec_new             (const char * const *argv) G_GNUC_WARN_UNUSED_RESULT;
CPROC_AVAILABLE_IN_1_0
CprocExec *cproc_exec_new_shell       (const char         *line) G_GNUC_WARN_UNUSED_RESULT;
CPROC_AVAILABLE_IN_1_0
CprocExec *cproc_exec_new_for_command (CprocCommand       *command) G_GNUC_WARN_UNUSED_RESULT;

CPROC_AVAILABLE_IN_1_0
gint64     cproc_exec_get_max_buffer    (CprocExec *self);
CPROC_AVAILABLE_IN_1_0
void       cproc_exec_set_max_buffer    (CprocExec *self,
                                         gint64     max_buffer);
CPROC_AVAILABLE_IN_1_0
GBytes    *cproc_exec_get_input         (CprocExec *self);
CPROC_AVAILABLE_IN_1_0
void       cproc_exec_set_input         (CprocExec *self,
                                         GBytes    *input);
CPROC_AVAILABLE_IN_1_0
gboolean   cproc_exec_get_capture_stack (CprocExec *self);
CPROC_AVAILABLE_IN_1_0
void       cproc_exec_set_capture_stack (CprocExec *self,
                                         gboolean   capture_stack);

CPROC_AVAILABLE_IN_1_0
gboolean   cproc_exec_run        (CprocExec            *self,
                                  GCancellable         *cancellable,
                                  GError              **error);
CPROC_AVAILABLE_IN_1_0
void       cproc_exec_run_async  (CprocExec            *self,
                                  GCancellable         *cancellable,
                                  GAsyncReadyCallback   callback,
                                  gpointer              user_data);
CPROC_AVAILABLE_IN_1_0
gboolean   cproc_exec_run_finish (CprocExec            *self,
                                  GAsyncResult         *result,
                                  GError              **error);

CPROC_AVAILABLE_IN_1_0
GBytes     *cproc_exec_get_stdout_bytes (CprocExec *self) G_GNUC_WARN_UNUSED_RESULT;
CPROC_AVAILABLE_IN_1_0
GBytes     *cproc_exec_get_stderr_bytes (CprocExec *self) G_GNUC_WARN_UNUSED_RESULT;
CPROC_AVAILABLE_IN_1_0
char       *cproc_exec_get_stdout_text  (CprocExec *self) G_GNUC_WARN_UNUSED_RESULT;
CPROC_AVAILABLE_IN_1_0
char       *cproc_exec_get_stderr_text  (CprocExec *self) G_GNUC_WARN_UNUSED_RESULT;
CPROC_AVAILABLE_IN_1_0
const char *cproc_exec_get_error_stack  (CprocExec *self);

G_END_DECLS
