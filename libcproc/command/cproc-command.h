/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#if !defined (CPROC_INSIDE) && !defined (CPROC_COMPILATION)
#error "Only <libcproc.h> can be included directly."
#endif

#include <gio/gio.h>

#include "cproc-enums.h"
#include "cproc-version-macros.h"

G_BEGIN_DECLS

#define CPROC_TYPE_COMMAND (cproc_command_get_type ())

CPROC_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (CprocCommand, cproc_command, CPROC, COMMAND, GObject)

CPROC_AVAILABLE_IN_1_0
CprocCommand *cproc_command_new        (const char * const *argv) G_GNUC_WARN_UNUSED_RESULT;
CPROC_AVAILABLE_IN_1_0
CprocCommand *cproc_command_new_shell  (const char         *line) G_GNUC_WARN_UNUSED_RESULT;
CPROC_AVAILABLE_IN_1_0
CprocCommand *cproc_command_new_module (const char         *path,
                                        const char * const *args) G_GNUC_WARN_UNUSED_RESULT;

CPROC_AVAILABLE_IN_1_0
CprocCommand *cproc_command_dup        (CprocCommand       *self) G_GNUC_WARN_UNUSED_RESULT;

CPROC_AVAILABLE_IN_1_0
const char * const *cproc_command_get_argv      (CprocCommand       *self);
CPROC_AVAILABLE_IN_1_0
void                cproc_command_set_argv      (CprocCommand       *self,
                                                 const char * const *argv);

CPROC_AVAILABLE_IN_1_0
const char         *cproc_command_get_argv0     (CprocCommand       *self);
CPROC_AVAILABLE_IN_1_0
void                cproc_command_set_argv0     (CprocCommand       *self,
                                                 const char         *argv0);

CPROC_AVAILABLE_IN_1_0
const char         *cproc_command_get_exec_path (CprocCommand       *self);
CPROC_AVAILABLE_IN_1_0
void                cproc_command_set_exec_path (CprocCommand       *self,
                                                 const char         *exec_path);

CPROC_AVAILABLE_IN_1_0
const char * const *cproc_command_get_exec_argv (CprocCommand       *self);
CPROC_AVAILABLE_IN_1_0
void                cproc_command_set_exec_argv (CprocCommand       *self,
                                                 const char * const *exec_argv);

CPROC_AVAILABLE_IN_1_0
const char         *cproc_command_get_cwd       (CprocCommand       *self);
CPROC_AVAILABLE_IN_1_0
void                cproc_command_set_cwd       (CprocCommand       *self,
                                                 const char         *cwd);

CPROC_AVAILABLE_IN_1_0
const char * const *cproc_command_get_environment            (CprocCommand       *self);
CPROC_AVAILABLE_IN_1_0
void                cproc_command_set_environment            (CprocCommand       *self,
                                                              const char * const *environment);
CPROC_AVAILABLE_IN_1_0
void                cproc_command_set_environment_variable   (CprocCommand       *self,
                                                              const char         *name,
                                                              const char         *value);
CPROC_AVAILABLE_IN_1_0
void                cproc_command_unset_environment_variable (CprocCommand       *self,
                                                              const char         *name);

CPROC_AVAILABLE_IN_1_0
CprocStdio cproc_command_get_stdin_mode  (CprocCommand       *self);
CPROC_AVAILABLE_IN_1_0
void       cproc_command_set_stdin_mode  (CprocCommand       *self,
                                          CprocStdio          mode);
CPROC_AVAILABLE_IN_1_0
CprocStdio cproc_command_get_stdout_mode (CprocCommand       *self);
CPROC_AVAILABLE_IN_1_0
void       cproc_command_set_stdout_mode (CprocCommand       *self,
                                          CprocStdio          mode);
CPROC_AVAILABLE_IN_1_0
CprocStdio cproc_command_get_stderr_mode (CprocCommand       *self);
CPROC_AVAILABLE_IN_1_0
void       cproc_command_set_stderr_mode (CprocCommand       *self,
                                          CprocStdio          mode);
CPROC_AVAILABLE_IN_1_0
void       cproc_command_set_stdio_file  (CprocCommand       *self,
                                          int                 fd,
                                          const char         *path,
                                          CprocFileFlags      flags);
CPROC_AVAILABLE_IN_1_0
void       cproc_command_set_stdio_tee   (CprocCommand       *self,
                                          int                 fd,
                                          const char         *path,
                                          CprocFileFlags      flags);

CPROC_AVAILABLE_IN_1_0
void       cproc_command_take_fd         (CprocCommand       *self,
                                          int                 fd,
                                          int                 target_fd);
CPROC_AVAILABLE_IN_1_0
gboolean   cproc_command_pass_fd         (CprocCommand       *self,
                                          int                 fd,
                                          int                 target_fd,
                                          GError            **error);
CPROC_AVAILABLE_IN_1_0
void       cproc_command_close_fds       (CprocCommand       *self);
CPROC_AVAILABLE_IN_1_0
void       cproc_command_add_pipe        (CprocCommand       *self,
                                          int                 target_fd,
                                          CprocPipeDirection  direction);

CPROC_AVAILABLE_IN_1_0
CprocContainment cproc_command_get_containment     (CprocCommand     *self);
CPROC_AVAILABLE_IN_1_0
void             cproc_command_set_containment     (CprocCommand     *self,
                                                    CprocContainment  containment);
CPROC_AVAILABLE_IN_1_0
gboolean         cproc_command_get_new_session     (CprocCommand     *self);
CPROC_AVAILABLE_IN_1_0
void             cproc_command_set_new_session     (CprocCommand     *self,
                                                    gboolean          new_session);
CPROC_AVAILABLE_IN_1_0
gboolean         cproc_command_get_no_terminal     (CprocCommand     *self);
CPROC_AVAILABLE_IN_1_0
void             cproc_command_set_no_terminal     (CprocCommand     *self,
                                                    gboolean          no_terminal);
CPROC_AVAILABLE_IN_1_0
gboolean         cproc_command_get_die_with_parent (CprocCommand     *self);
CPROC_AVAILABLE_IN_1_0
void             cproc_command_set_die_with_parent (CprocCommand     *self,
                                                    gboolean          die_with_parent);

CPROC_AVAILABLE_IN_1_0
gint64           cproc_command_get_user_id         (CprocCommand     *self);
CPROC_AVAILABLE_IN_1_0
void             cproc_command_set_user_id         (CprocCommand     *self,
                                                    gint64            user_id);
CPROC_AVAILABLE_IN_1_0
gint64           cproc_command_get_group_id        (CprocCommand     *self);
CPROC_AVAILABLE_IN_1_0
void             cproc_command_set_group_id        (CprocCommand     *self,
                                                    gint64            group_id);
CPROC_AVAILABLE_IN_1_0
GVariant        *cproc_command_get_supplementary_groups (CprocCommand *self);
CPROC_AVAILABLE_IN_1_0
void             cproc_command_set_supplementary_groups (CprocCommand *self,
                                                         GVariant     *groups);
CPROC_AVAILABLE_IN_1_0
int              cproc_command_get_umask           (CprocCommand     *self);
CPROC_AVAILABLE_IN_1_0
void             cproc_command_set_umask           (CprocCommand     *self,
                                                    int               mask);
CPROC_AVAILABLE_IN_1_0
int              cproc_command_get_nice            (CprocCommand     *self);
CPROC_AVAILABLE_IN_1_0
void             cproc_command_set_nice            (CprocCommand     *self,
                                                    int               increment);
CPROC_AVAILABLE_IN_1_0
void             cproc_command_set_resource_limit  (CprocCommand     *self,
                                                    int               resource,
                                                    gint64            soft,
                                                    gint64            hard);

CPROC_AVAILABLE_IN_1_0
CprocTerminalFlags cproc_command_get_terminal_flags (CprocCommand       *self);
CPROC_AVAILABLE_IN_1_0
void               cproc_command_set_terminal_flags (CprocCommand       *self,
                                                     CprocTerminalFlags  flags);
CPROC_AVAILABLE_IN_1_0
void               cproc_command_set_terminal_size  (CprocCommand       *self,
                                                     guint               columns,
                                                     guint               rows);

G_END_DECLS
