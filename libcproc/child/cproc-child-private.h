/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "cproc-child.h"
#include "cproc-command-private.h"
#include "cproc-error.h"
#include "cproc-exit-watch-private.h"
#include "cproc-last-line-private.h"
#include "cproc-launch-private.h"
#include "cproc-line-splitter-private.h"
#include "cproc-output-reader-private.h"
#include "cproc-pipe-writer-private.h"
#include "cproc-run-private.h"
#include "cproc-terminal-private.h"

G_BEGIN_DECLS

/* What CprocExec and CprocWorker add to a child. It stands in the private data of the class, so
 * that the public class struct does not show it. A member may be NULL. */
typedef struct
{
  CprocStdio default_stdio[3];

  /* Before the launch is prepared, and when it has failed after that. */
  gboolean (*prepare)     (CprocChild   *self,
                           CprocLaunch  *launch,
                           GError      **error);
  void     (*unprepare)   (CprocChild   *self);

  /* The pipes are there; the process may not be yet. */
  void     (*prepared)    (CprocChild   *self);

  /* Returns the place for the next read of a stream without listeners, CPROC_READ_SIZE bytes or
   * more; NULL: no place of its own. */
  char    *(*reserve)     (CprocChild   *self,
                           CprocStream   stream,
                           gsize        *size);

  /* Called after each read, before the signals. The data is in the reserved place or elsewhere. */
  void     (*received)    (CprocChild   *self,
                           CprocStream   stream,
                           const char   *data,
                           gsize         length);

  /* The child moves to another main context. */
  void     (*set_context) (CprocChild   *self,
                           GMainContext *context);

  /* The process and its streams have ended; `closed` comes next, unless this returns FALSE: then
   * the subclass calls cproc_run_expect_closed() later. */
  gboolean (*finishing)   (CprocChild   *self);

  /* Returns why it failed, if there is more to say than cproc_child_dup_failure() does. */
  GError  *(*dup_failure) (CprocChild   *self);
} CprocChildHooks;

typedef enum
{
  CPROC_CHILD_PROP_COMMAND = 1,
  CPROC_CHILD_PROP_PID,
  CPROC_CHILD_PROP_STATE,
  CPROC_CHILD_PROP_EXIT_CODE,
  CPROC_CHILD_PROP_TERM_SIGNAL,
  CPROC_CHILD_PROP_TIMED_OUT,
  CPROC_CHILD_PROP_DRAINED,
  CPROC_CHILD_PROP_TIMEOUT,
  CPROC_CHILD_PROP_IDLE_TIMEOUT,
  CPROC_CHILD_PROP_DRAIN_TIMEOUT,
  CPROC_CHILD_PROP_KILL_SIGNAL,
  CPROC_CHILD_PROP_KILL_GRACE,
  CPROC_CHILD_PROP_MAX_LINE_LENGTH,
  CPROC_CHILD_PROP_ENCODING,
  CPROC_CHILD_PROP_UNIVERSAL_NEWLINES,
  CPROC_CHILD_PROP_LINE_FLAGS,
  CPROC_CHILD_PROP_IO_PRIORITY,
  CPROC_CHILD_PROP_KEEP_OUTPUT,
} CprocChildProperty;

/* The file that gets a copy of a stream. */
typedef struct
{
  int fd;        /* -1: there is none, or it gets no more */
  char *path;
  GError *error; /* why it gets no more */
} CprocChildTee;

/* What a child tells the pipeline that it is a stage of. The pipeline is held meanwhile. */
typedef struct
{
  /* The process has ended, or everything has: its signals have been emitted. */
  void (*changed)     (gpointer      pipeline);
  /* As cproc_child_set_context(), for all stages. */
  void (*set_context) (gpointer      pipeline,
                       GMainContext *context);
} CprocStageFuncs;

typedef struct _CprocStart CprocStart;
typedef struct _CprocRead CprocRead;

/* The terminal that streams of the child lead to. */
typedef struct
{
  CprocTerminal *pair; /* NULL: none */
  int output_fd;       /* of the master, made by a start that has not ended; -1: none */
  int input_fd;        /* the same */
  guint columns;       /* of cproc_child_set_terminal_size(); 0: the command's */
  guint rows;
  CprocStream stream;  /* what brings its output */
  gboolean is_used;    /* by the present start, or the run */
  gboolean is_early;   /* it was asked for before the start: a failed start leaves it */
  gboolean is_taken;   /* the user has the master */
} CprocChildTerminal;

/* The state of a child. It is used only in the thread whose main context it belongs to; a start
 * in flight has a state of its own (CprocStart), the grace of a kill too (CprocJob). */
typedef struct
{
  CprocCommand *command;
  CprocOwner *owner; /* this child, for its sources */
  GMainContext *context; /* set by a start */
  pid_t process; /* that has started it; 0: none has */
  GThread *thread; /* that has started it; NULL: none has */

  CprocLaunch *prepared; /* its process waits just before the program */
  CprocWatch prepared_watch;
  gboolean is_preparing; /* by prepare_async() */
  CprocStart *start; /* of start_async(), until the program runs */

  CprocRun run; /* the state, the end, and what decides about them */
  CprocTimer run_timer;
  GSubprocess *subprocess;
  CprocJob *job;
  CprocExitWatch exit_watch;

  CprocOutputReader outputs[3]; /* by CprocStream */
  CprocRead *reads[3]; /* by CprocStream: those that wait */
  GSList *returned_reads; /* CprocRead: those whose callback comes next */
  CprocTimer read_timer;
  gboolean keep_output;
  gboolean keeps_early;
  gboolean has_warned_of_handlers;
  CprocPipeWriter *writer;
  gboolean wants_stdin; /* it was asked for before the start */
  gboolean writer_is_early; /* it was made by a start that has not ended */
  CprocChildTerminal terminal;
  int early_pipes[3]; /* the child's ends of streams that were taken over before the start */
  GOutputStream *stdin_stream;
  GInputStream *input_streams[3]; /* by CprocStream */
  GHashTable *pipe_streams; /* target_fd: GIOStream */

  CprocChildTee tees[3]; /* by CprocStream */

  CprocOwner *pipeline; /* whose stage it is; NULL: none's */
  const CprocStageFuncs *stage_funcs;
  int joints[2]; /* for the launch that begins: pipes to other stages */

  int kill_signal;
  gboolean has_kill_signal; /* it was set */
  int io_priority;
  gint64 max_line_length;
  gboolean universal_newlines;
  CprocLineFlags line_flags; /* of the line that is being emitted */
  char *encoding;

  CprocLastLine last_error_line; /* of standard error */

  GList *waits; /* CprocWait: those of the asynchronous calls; each holds the child */
} CprocChildPrivate;

/* cproc-child-hooks.c */
CprocChildPrivate *cproc_child_get_priv        (CprocChild       *self);
CprocRun          *cproc_child_get_run         (CprocChild       *self);
void               cproc_child_set_private_offset (int offset);
CprocChildHooks   *cproc_child_class_get_hooks (CprocChildClass  *klass);
CprocChildHooks   *cproc_child_get_hooks       (CprocChild       *self);

/* Of a pipeline that is still there. */
gboolean           cproc_child_is_stage        (CprocChild       *self);
void               cproc_child_tell_pipeline   (CprocChild       *self);

/* Returns whether this process is a fork of the one that started the child. It has a copy of the
 * object, but the child is not its own: it must not signal, read or wait. */
gboolean cproc_child_is_foreign (CprocChild  *self);

/* Ends the calls of the child's sources. A class's dispose calls this first, and returns at once
 * where it is FALSE, see cproc_owner_leave(). */
gboolean cproc_child_leave_sources (CprocChild *self);

/* Every method but those that read properties begins with one of these: FALSE in a fork, and with
 * a critical in another thread than the child's. The second then calls back. */
gboolean cproc_child_check_call       (CprocChild          *self,
                                       const char          *function,
                                       GError             **error);
gboolean cproc_child_check_async_call (CprocChild          *self,
                                       const char          *function,
                                       GAsyncReadyCallback  callback,
                                       gpointer             user_data,
                                       gpointer             source_tag);

/* cproc-child-pspecs.c */
void     cproc_child_install_properties (GObjectClass       *object_class);
void     cproc_child_notify             (CprocChild         *self,
                                         CprocChildProperty  property);

/* cproc-child-signals.c */
void     cproc_child_install_signals   (GType           type);
void     cproc_child_emit_started      (CprocChild     *self);
void     cproc_child_emit_exit         (CprocChild     *self);
void     cproc_child_emit_closed       (CprocChild     *self);
void     cproc_child_emit_stream_ended (CprocChild     *self,
                                        CprocStream     stream);
void     cproc_child_emit_stop         (CprocChild     *self,
                                        int             signum);
gboolean cproc_child_wants_stops       (CprocChild     *self);
void     cproc_child_emit_output       (CprocChild     *self,
                                        CprocStream     stream,
                                        GBytes         *bytes);
void     cproc_child_emit_line         (CprocChild     *self,
                                        CprocStream     stream,
                                        const char     *line);
void     cproc_child_emit_lines        (CprocChild         *self,
                                        CprocStream         stream,
                                        const char * const *lines);
gboolean cproc_child_wants_output      (CprocChild     *self,
                                        CprocStream     stream);
gboolean cproc_child_wants_line        (CprocChild     *self,
                                        CprocStream     stream);
gboolean cproc_child_wants_lines       (CprocChild     *self,
                                        CprocStream     stream);

/* cproc-child-output.c: what is read of the child. */
void     cproc_child_init_outputs      (CprocChild     *self);

/* cproc-child-prepare.c: what a start does in the child's own thread. */
CprocLaunch *cproc_child_begin_launch (CprocChild    *self,
                                       GMainContext  *context,
                                       gboolean       is_held,
                                       GError       **error);
gboolean     cproc_child_check_new    (CprocChild    *self,
                                       GError       **error);
void         cproc_child_take_context (CprocChild    *self,
                                       GMainContext  *context);
void         cproc_child_unprepare    (CprocChild    *self);

/* While the process is being made its standard input can be written to. If the start fails, the
 * caller steals the writer and abandons it, last of all, because that calls back. */
void         cproc_child_open_writer  (CprocChild    *self,
                                       CprocLaunch   *launch);
CprocPipeWriter *cproc_child_steal_writer (CprocChild    *self);
void         cproc_child_prefix_start_error (CprocChild  *self,
                                             GError     **error);
/* The first part emits nothing. */
void         cproc_child_adopt_process (CprocChild   *self,
                                        CprocLaunch  *launch);
void         cproc_child_program_runs (CprocChild    *self,
                                       CprocLaunch   *launch);

/* cproc-child-terminal.c. The start passes the child's end of the terminal to the launch, and drops
 * the terminal if it fails; steal_terminal_output() returns -1 for other streams. */
void     cproc_child_init_terminal     (CprocChild     *self);
/* Makes it where there is none yet; sets it up as the command says now. */
gboolean cproc_child_open_terminal     (CprocChild     *self,
                                        GError        **error);
gboolean cproc_child_pass_terminal     (CprocChild     *self,
                                        CprocLaunch    *launch,
                                        GError        **error);
int      cproc_child_steal_terminal_output (CprocChild  *self,
                                        CprocStream     stream);
void     cproc_child_drop_terminal     (CprocChild     *self);
void     cproc_child_close_terminal    (CprocChild     *self);
/* Returns a new descriptor for typing before the start, or -1 and an error. */
int      cproc_child_open_early_terminal (CprocChild   *self,
                                        GError        **error);
/* FALSE if the user has taken the terminal. */
gboolean cproc_child_check_terminal_kept (CprocChild   *self,
                                        GError        **error);
/* Returns the signal that asks the child to end. */
int      cproc_child_get_end_signal    (CprocChild     *self);

/* cproc-child-hold.c: a process that is made before the start. take_prepared() lets its program
 * run, and returns NULL where there is none; drop_prepared() ends it. */
CprocLaunch *cproc_child_take_prepared  (CprocChild    *self,
                                         GMainContext  *context);
void         cproc_child_drop_prepared  (CprocChild    *self);

/* cproc-child-tee.c: files that get a copy of a stream. close() keeps why one could not be written;
 * clear() forgets it. */
void     cproc_child_init_tees          (CprocChild    *self);
gboolean cproc_child_open_tees          (CprocChild    *self,
                                         CprocLaunch   *launch,
                                         GError       **error);
void     cproc_child_feed_tee           (CprocChild    *self,
                                         CprocStream    stream,
                                         const char    *data,
                                         gsize          length);
void     cproc_child_close_tees         (CprocChild    *self);
void     cproc_child_clear_tees         (CprocChild    *self);
GError  *cproc_child_dup_tee_failure    (CprocChild    *self);

/* cproc-child-stage.c: a stage of a pipeline. */
/* FALSE if the child is not new, or is a stage already. */
gboolean cproc_child_become_stage       (CprocChild            *self,
                                         CprocOwner            *pipeline,
                                         const CprocStageFuncs *funcs);
/* Checks that standard input or output (target) may lead to another stage. */
gboolean cproc_child_check_joint        (CprocChild    *self,
                                         int            target,
                                         GError       **error);
/* begin_stage() takes the joints (-1: none) and returns a held launch.
 * fail_stage() makes the child as new; the writer that it returns is to be abandoned last of all.
 * adopt_stage() emits nothing; cproc_child_run_begins() is next. */
CprocLaunch     *cproc_child_begin_stage (CprocChild    *self,
                                          GMainContext  *context,
                                          int            input,
                                          int            output,
                                          GError       **error);
CprocPipeWriter *cproc_child_fail_stage  (CprocChild    *self);
void             cproc_child_adopt_stage (CprocChild    *self,
                                          CprocLaunch   *launch);

/* cproc-child-start.c */
gboolean cproc_child_start_in             (CprocChild    *self,
                                           GMainContext  *context,
                                           GError       **error);
void     cproc_child_finish_pending_start (CprocChild    *self);

/* cproc-child-run.c: connects the run to the child. */
void     cproc_child_init_run             (CprocChild     *self);
void     cproc_child_run_begins           (CprocChild     *self,
                                           gint64          pid);
void     cproc_child_set_context          (CprocChild     *self,
                                           GMainContext   *context);

/* cproc-child-io.c: PIPE where it was asked for before the start; whether a stream will lead to
 * us. */
CprocStdio cproc_child_get_default_stdin  (CprocChild     *self);
gboolean   cproc_child_is_piped           (CprocChild     *self,
                                           int             target);

/* cproc-child-read.c: what the application reads itself. The functions of the readers, and: */
gboolean cproc_child_awaits_output        (CprocChild     *self,
                                           CprocStream     stream);
void     cproc_child_output_kept          (CprocChild     *self,
                                           CprocStream     stream);

/* What was asked for before can be looked at; the start that was waited for has failed. */
void     cproc_child_begin_keeping        (CprocChild     *self);
void     cproc_child_update_reads         (CprocChild     *self);
void     cproc_child_fail_reads           (CprocChild     *self,
                                           const GError   *error);

/* Whether callbacks come next, before `closed`. */
gboolean cproc_child_has_due_reads        (CprocChild     *self);

/* cproc-wait-list.c. cancelled: called when the wait is cancelled, which then goes on; NULL: the
 * wait ends. The task is one of cproc_task_new(). */
typedef void (*CprocCancelFunc) (CprocChild *self);
void     cproc_child_add_wait             (CprocChild     *self,
                                           GTask          *task,
                                           gboolean        check,
                                           CprocCancelFunc cancelled);
/* Takes all waits out of the list, so that the callback of one cannot reach the others. */
GList   *cproc_child_steal_waits          (CprocChild     *self);
void     cproc_child_complete_waits       (CprocChild     *self,
                                           GList          *waits);
/* Fails the waits, because the start that they depend on has failed. */
void     cproc_child_fail_waits           (GList          *waits,
                                           const GError   *error);

/* cproc-child-failure.c: how it went, as a person would tell it; NULL: well. */
GError  *cproc_child_dup_failure          (CprocChild     *self);
gboolean cproc_child_check_success        (CprocChild     *self,
                                           GError        **error);

/* cproc-child-wait.c */
gboolean cproc_child_iterate_until_closed (CprocChild     *self,
                                           GMainContext   *context,
                                           GCancellable   *cancellable,
                                           gboolean        end_when_cancelled);
/* The task, one of cproc_task_new(), returns when the child is closed, as run() does; cancelling it
 * ends the child. */
void     cproc_child_run_in_task          (CprocChild     *self,
                                           GTask          *task);

G_END_DECLS
