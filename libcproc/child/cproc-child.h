/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#if !defined (CPROC_INSIDE) && !defined (CPROC_COMPILATION)
#error "Only <libcproc.h> can be included directly."
#endif

#include <gio/gio.h>

#include "cproc-command.h"
#include "cproc-enums.h"
#include "cproc-resource-usage.h"
#include "cproc-version-macros.h"

G_BEGIN_DECLS

#define CPROC_TYPE_CHILD (cproc_child_get_type ())

CPROC_AVAILABLE_IN_1_0
G_DECLARE_DERIVABLE_TYPE (CprocChild, cproc_child, CPROC, CHILD, GObject)

/**
 * CprocChildClass:
 * @parent_class: the parent class
 * @started: handler of [signal@Cproc.Child::started]
 * @output: handler of [signal@Cproc.Child::output]
 * @line: handler of [signal@Cproc.Child::line]
 * @lines: handler of [signal@Cproc.Child::lines]
 * @exit: handler of [signal@Cproc.Child::exit]
 * @stream_ended: handler of [signal@Cproc.Child::stream-ended]
 * @closed: handler of [signal@Cproc.Child::closed]
 *
 * The class of a [class@Cproc.Child].
 *
 * Since: 1.0
 */
struct _CprocChildClass
{
  GObjectClass parent_class;

  void (*started)      (CprocChild         *self);
  void (*output)       (CprocChild         *self,
                        CprocStream         stream,
                        GBytes             *bytes);
  void (*line)         (CprocChild         *self,
                        CprocStream         stream,
                        const char         *line);
  void (*lines)        (CprocChild         *self,
                        CprocStream         stream,
                        const char * const *lines);
  void (*exit)         (CprocChild         *self,
                        int                 exit_code,
                        int                 term_signal);
  void (*stream_ended) (CprocChild         *self,
                        CprocStream         stream);
  void (*closed)       (CprocChild         *self);

  /*< private >*/
  gpointer padding[9];
};

CPROC_AVAILABLE_IN_1_0
CprocChild *cproc_child_new             (const char * const *argv) G_GNUC_WARN_UNUSED_RESULT;
CPROC_AVAILABLE_IN_1_0
CprocChild *cproc_child_new_shell       (const char         *line) G_GNUC_WARN_UNUSED_RESULT;
CPROC_AVAILABLE_IN_1_0
CprocChild *cproc_child_new_for_command (CprocCommand       *command) G_GNUC_WARN_UNUSED_RESULT;

CPROC_AVAILABLE_IN_1_0
CprocCommand *cproc_child_get_command         (CprocChild *self);
CPROC_AVAILABLE_IN_1_0
gint64        cproc_child_get_pid             (CprocChild *self);
CPROC_AVAILABLE_IN_1_0
CprocState    cproc_child_get_state           (CprocChild *self);
CPROC_AVAILABLE_IN_1_0
int           cproc_child_get_exit_code       (CprocChild *self);
CPROC_AVAILABLE_IN_1_0
int           cproc_child_get_term_signal     (CprocChild *self);
CPROC_AVAILABLE_IN_1_0
gboolean      cproc_child_get_timed_out       (CprocChild *self);
CPROC_AVAILABLE_IN_1_0
gboolean      cproc_child_get_drained         (CprocChild *self);
CPROC_AVAILABLE_IN_1_0
CprocResourceUsage *cproc_child_dup_resource_usage (CprocChild *self)
  G_GNUC_WARN_UNUSED_RESULT;
CPROC_AVAILABLE_IN_1_0
GSubprocess  *cproc_child_get_subprocess      (CprocChild *self);

CPROC_AVAILABLE_IN_1_0
guint         cproc_child_get_timeout         (CprocChild *self);
CPROC_AVAILABLE_IN_1_0
void          cproc_child_set_timeout         (CprocChild *self,
                                               guint       timeout);
CPROC_AVAILABLE_IN_1_0
guint         cproc_child_get_idle_timeout    (CprocChild *self);
CPROC_AVAILABLE_IN_1_0
void          cproc_child_set_idle_timeout    (CprocChild *self,
                                               guint       idle_timeout);
CPROC_AVAILABLE_IN_1_0
int           cproc_child_get_drain_timeout   (CprocChild *self);
CPROC_AVAILABLE_IN_1_0
void          cproc_child_set_drain_timeout   (CprocChild *self,
                                               int         drain_timeout);
CPROC_AVAILABLE_IN_1_0
int           cproc_child_get_kill_signal     (CprocChild *self);
CPROC_AVAILABLE_IN_1_0
void          cproc_child_set_kill_signal     (CprocChild *self,
                                               int         kill_signal);
CPROC_AVAILABLE_IN_1_0
int           cproc_child_get_kill_grace      (CprocChild *self);
CPROC_AVAILABLE_IN_1_0
void          cproc_child_set_kill_grace      (CprocChild *self,
                                               int         kill_grace);
CPROC_AVAILABLE_IN_1_0
gint64        cproc_child_get_max_line_length (CprocChild *self);
CPROC_AVAILABLE_IN_1_0
void          cproc_child_set_max_line_length (CprocChild *self,
                                               gint64      max_line_length);
CPROC_AVAILABLE_IN_1_0
const char   *cproc_child_get_encoding        (CprocChild *self);
CPROC_AVAILABLE_IN_1_0
void          cproc_child_set_encoding        (CprocChild *self,
                                               const char *encoding);
CPROC_AVAILABLE_IN_1_0
gboolean       cproc_child_get_universal_newlines (CprocChild *self);
CPROC_AVAILABLE_IN_1_0
int            cproc_child_get_io_priority   (CprocChild *self);
CPROC_AVAILABLE_IN_1_0
void           cproc_child_set_io_priority   (CprocChild *self,
                                              int         io_priority);
CPROC_AVAILABLE_IN_1_0
void           cproc_child_set_universal_newlines (CprocChild *self,
                                                   gboolean    universal_newlines);
CPROC_AVAILABLE_IN_1_0
gboolean       cproc_child_get_keep_output        (CprocChild *self);
CPROC_AVAILABLE_IN_1_0
void           cproc_child_set_keep_output        (CprocChild *self,
                                                   gboolean    keep_output);
CPROC_AVAILABLE_IN_1_0
CprocLineFlags cproc_child_get_line_flags         (CprocChild *self);

CPROC_AVAILABLE_IN_1_0
gboolean cproc_child_prepare        (CprocChild           *self,
                                     GError              **error);
CPROC_AVAILABLE_IN_1_0
void     cproc_child_prepare_async  (CprocChild           *self,
                                     GCancellable         *cancellable,
                                     GAsyncReadyCallback   callback,
                                     gpointer              user_data);
CPROC_AVAILABLE_IN_1_0
gboolean cproc_child_prepare_finish (CprocChild           *self,
                                     GAsyncResult         *result,
                                     GError              **error);

CPROC_AVAILABLE_IN_1_0
gboolean cproc_child_start        (CprocChild           *self,
                                   GError              **error);
CPROC_AVAILABLE_IN_1_0
void     cproc_child_start_async  (CprocChild           *self,
                                   GCancellable         *cancellable,
                                   GAsyncReadyCallback   callback,
                                   gpointer              user_data);
CPROC_AVAILABLE_IN_1_0
gboolean cproc_child_start_finish (CprocChild           *self,
                                   GAsyncResult         *result,
                                   GError              **error);

CPROC_AVAILABLE_IN_1_0
gboolean cproc_child_wait              (CprocChild           *self,
                                        GCancellable         *cancellable,
                                        GError              **error);
CPROC_AVAILABLE_IN_1_0
void     cproc_child_wait_async        (CprocChild           *self,
                                        GCancellable         *cancellable,
                                        GAsyncReadyCallback   callback,
                                        gpointer              user_data);
CPROC_AVAILABLE_IN_1_0
gboolean cproc_child_wait_finish       (CprocChild           *self,
                                        GAsyncResult         *result,
                                        GError              **error);
CPROC_AVAILABLE_IN_1_0
gboolean cproc_child_wait_check        (CprocChild           *self,
                                        GCancellable         *cancellable,
                                        GError              **error);
CPROC_AVAILABLE_IN_1_0
void     cproc_child_wait_check_async  (CprocChild           *self,
                                        GCancellable         *cancellable,
                                        GAsyncReadyCallback   callback,
                                        gpointer              user_data);
CPROC_AVAILABLE_IN_1_0
gboolean cproc_child_wait_check_finish (CprocChild           *self,
                                        GAsyncResult         *result,
                                        GError              **error);

CPROC_AVAILABLE_IN_1_0
gboolean cproc_child_kill        (CprocChild  *self,
                                  GError     **error);
CPROC_AVAILABLE_IN_1_0
gboolean cproc_child_send_signal (CprocChild  *self,
                                  int          signum,
                                  GError     **error);
CPROC_AVAILABLE_IN_1_0
gboolean cproc_child_force_exit  (CprocChild  *self,
                                  GError     **error);

CPROC_AVAILABLE_IN_1_0
GOutputStream *cproc_child_get_stdin_stream (CprocChild           *self);
CPROC_AVAILABLE_IN_1_0
GInputStream  *cproc_child_take_stdout_stream (CprocChild          *self);
CPROC_AVAILABLE_IN_1_0
GInputStream  *cproc_child_take_stderr_stream (CprocChild          *self);
CPROC_AVAILABLE_IN_1_0
GIOStream     *cproc_child_get_pipe_stream   (CprocChild          *self,
                                              int                  target_fd);

CPROC_AVAILABLE_IN_1_0
void     cproc_child_write_async  (CprocChild           *self,
                                   GBytes               *bytes,
                                   int                   io_priority,
                                   GCancellable         *cancellable,
                                   GAsyncReadyCallback   callback,
                                   gpointer              user_data);
CPROC_AVAILABLE_IN_1_0
gboolean cproc_child_write_finish (CprocChild           *self,
                                   GAsyncResult         *result,
                                   GError              **error);
CPROC_AVAILABLE_IN_1_0
void     cproc_child_close_stdin  (CprocChild           *self);

CPROC_AVAILABLE_IN_1_0
void     cproc_child_read_line_async    (CprocChild           *self,
                                         CprocStream           stream,
                                         GCancellable         *cancellable,
                                         GAsyncReadyCallback   callback,
                                         gpointer              user_data);
CPROC_AVAILABLE_IN_1_0
char    *cproc_child_read_line_finish   (CprocChild           *self,
                                         GAsyncResult         *result,
                                         GError              **error) G_GNUC_WARN_UNUSED_RESULT;
CPROC_AVAILABLE_IN_1_0
void     cproc_child_read_async         (CprocChild           *self,
                                         CprocStream           stream,
                                         gsize                 count,
                                         GCancellable         *cancellable,
                                         GAsyncReadyCallback   callback,
                                         gpointer              user_data);
CPROC_AVAILABLE_IN_1_0
GBytes  *cproc_child_read_finish        (CprocChild           *self,
                                         GAsyncResult         *result,
                                         GError              **error) G_GNUC_WARN_UNUSED_RESULT;
CPROC_AVAILABLE_IN_1_0
char    *cproc_child_try_read_line      (CprocChild           *self,
                                         CprocStream           stream) G_GNUC_WARN_UNUSED_RESULT;
CPROC_AVAILABLE_IN_1_0
void     cproc_child_discard_output     (CprocChild           *self,
                                         CprocStream           stream);
CPROC_AVAILABLE_IN_1_0
void     cproc_child_keep_early_output  (CprocChild           *self);

CPROC_AVAILABLE_IN_1_0
void     cproc_child_pause        (CprocChild           *self,
                                   CprocStream           stream);
CPROC_AVAILABLE_IN_1_0
void     cproc_child_resume       (CprocChild           *self,
                                   CprocStream           stream);

CPROC_AVAILABLE_IN_1_0
gboolean       cproc_child_set_terminal_size    (CprocChild           *self,
                                                 guint                 columns,
                                                 guint                 rows,
                                                 GError              **error);
CPROC_AVAILABLE_IN_1_0
int            cproc_child_take_terminal        (CprocChild           *self,
                                                 GError              **error);

G_END_DECLS
