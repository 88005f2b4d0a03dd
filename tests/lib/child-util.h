/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <libcproc.h>

/* Shared by the tests of the classes: children that run tests/child, and a record of a child's
 * signals. */

/* A child that runs a mode of tests/child; its standard input is a pipe. The arguments end with
 * NULL. */
CprocCommand *test_command_new (const char *mode,
                                ...) G_GNUC_NULL_TERMINATED;
CprocChild   *test_child_new   (const char *mode,
                                ...) G_GNUC_NULL_TERMINATED;
CprocExec    *test_exec_new    (const char *mode,
                                ...) G_GNUC_NULL_TERMINATED;

typedef struct
{
  GPtrArray *events; /* "started", "output::stdout", "exit 0 0", "closed", … */
  GString *text[3];  /* by CprocStream: all of `output` */
  GPtrArray *lines[3];
  gboolean joined; /* one event for outputs that follow each other */
} TestRecord;

/* Connects to all signals of the child; its end is freed with test_record_free(). */
TestRecord *test_record_new  (CprocChild *child);
void        test_record_free (TestRecord *self);

/* The events in one line, a comma and a space between two. */
char       *test_record_dup  (TestRecord *self);

/* The events that begin so. */
guint       test_record_count (TestRecord *self,
                               const char *prefix);
/* The lines of a stream, with a bar between two. */
char       *test_record_dup_lines (TestRecord  *self,
                                   CprocStream  stream);

/* Iterates the default main context until the flag is set; the test's timeout ends a hang. */
void        test_run_until        (const gboolean *flag);
void        test_run_until_count  (const guint    *count,
                                   guint           value);
void        test_run_until_length (const GString  *text,
                                   gsize           length);
void        test_run_until_state  (CprocChild     *child,
                                   CprocState      state);

/* Starts it, which must succeed; and goes on to `closed`. */
void        test_start            (CprocChild     *child);
void        test_start_and_close  (CprocChild     *child);

/* Writes to a child, without asking; -1: as a string. */
void        test_write            (CprocChild     *child,
                                   const char     *data,
                                   gssize          length);

/* Drops the last reference. */
#define test_finalize(object) g_assert_finalize_object (g_steal_pointer (&(object)))

/* Descriptors of this process. */
guint       test_count_fds (void);

/* Waits until there are no more descriptors than that: GLib closes some late, on a thread of its
 * own. To find a leak, repeat the action that may leak. */
void        test_await_fd_count    (guint  n_fds);
void        test_await_no_children (void);

/* The one that `child spawn-grandchild` tells of in its first line, which is waited for. */
gint64      test_await_grandchild  (TestRecord *record);
void        test_kill_grandchild   (TestRecord *record);

/* What cannot be tried where these are missing, as under valgrind 3.19, is skipped. */
gboolean    test_skip_without_pidfds (void);
gboolean    test_skip_on_valgrind    (void);
gboolean    test_is_on_valgrind      (void);

/* Returns whether the process exists and is not a zombie; the second waits until there is no such
 * process. */
gboolean    test_process_lives     (gint64 pid);
void        test_await_process_end (gint64 pid);

/* The message has the program's name between these two. */
void        test_assert_message (GError     *error,
                                 const char *before,
                                 const char *after);

/* The three ways to an exec's answer, which must be the same. */
typedef enum
{
  TEST_RUN_SYNC,
  TEST_RUN_ASYNC,
  TEST_RUN_AS_CHILD,
  TEST_N_RUNS
} TestRun;

gboolean    test_exec_run            (CprocExec   *exec,
                                      TestRun      kind,
                                      GError     **error);
void        test_exec_assert_success (CprocExec   *exec);
void        test_exec_assert_output  (CprocExec   *exec,
                                      const char  *out,
                                      const char  *err);

/* A GAsyncReadyCallback that keeps the result in a GAsyncResult ** . */
void        test_store_result (GObject      *source,
                               GAsyncResult *result,
                               gpointer      user_data);
GAsyncResult *test_await (GAsyncResult **result);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestRecord, test_record_free)
