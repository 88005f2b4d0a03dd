/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <libcproc.h>

/* One thing that the soak program does: a child, an exec, a worker, with all that it checks. It
 * is over when its last reference is gone, one of which its child has until it is finalized. Its
 * plan comes out of its own numbers, so that it is the same for a seed and a number. */
typedef struct _SoakTask SoakTask;

typedef struct
{
  const char *name;
  guint weight;
  gsize size;
  void (*begin)  (SoakTask *task);
  /* The last checks, and frees what begin made. */
  void (*finish) (SoakTask *task);
} SoakKind;

struct _SoakTask
{
  const SoakKind *kind;
  guint number;
  guint ref_count;
  gint64 begun_at;
  GRand *rand;
  GString *plan; /* in words, for who has to find out */
};

/* What was done, for the last lines. */
typedef struct
{
  guint64 n_tasks;
  guint64 n_children;
  guint64 n_execs;
  guint64 n_threads;
  guint64 n_workers;
  guint64 n_failed_starts;
  guint64 n_disturbances;
  guint64 n_timeouts;
  guint64 n_drops;
  guint64 n_ended_by_signal;
  guint64 n_bytes;
  guint64 n_lines;
  guint64 n_written;
  guint64 n_messages_in;
  guint64 n_messages_out;
  guint64 n_invalid;
  guint64 n_fds;
  guint64 n_quiet;
} SoakCounts;

extern SoakCounts soak_counts;
extern char *soak_dir; /* for files */

extern const SoakKind soak_child_kind;
extern const SoakKind soak_grandchild_kind;
extern const SoakKind soak_failure_kind;
extern const SoakKind soak_exec_kind;
extern const SoakKind soak_thread_kind;
extern const SoakKind soak_worker_kind;
extern const SoakKind soak_fds_kind;
extern const SoakKind soak_bad_worker_kind;

void     soak_task_ref     (SoakTask   *task);
void     soak_task_unref   (SoakTask   *task);
void     soak_task_note    (SoakTask   *task,
                            const char *format,
                            ...) G_GNUC_PRINTF (2, 3);

/* The object has a reference until it is finalized. */
void     soak_task_watch   (SoakTask   *task,
                            gpointer    object);

/* Calls it once, with a reference of its own. */
void     soak_task_after   (SoakTask   *task,
                            guint       msec,
                            void      (*func) (SoakTask *task));

/* begin (inclusive) to end (exclusive) */
int      soak_range        (SoakTask   *task,
                            int         begin,
                            int         end);
gboolean soak_one_in       (SoakTask   *task,
                            int         n);

/* Mostly small. */
gsize    soak_size         (SoakTask   *task);
/* Random, of letters and digits. */
void     soak_append_text  (SoakTask   *task,
                            GString    *text,
                            gsize       length);

/* Says what went wrong where, and ends the program. */
void     soak_fail         (SoakTask   *task,
                            const char *format,
                            ...) G_GNUC_PRINTF (2, 3) G_GNUC_NORETURN;

#define soak_check(task, condition) \
  G_STMT_START { \
    if (!(condition)) \
      soak_fail ((task), "%s:%d: %s", __FILE__, __LINE__, #condition); \
  } G_STMT_END

void     soak_check_error  (SoakTask   *task,
                            GError     *error,
                            GQuark      domain,
                            int         code);

/* That nothing is left while nothing is done. The first one takes the measure. */
void     soak_check_quiet  (void);
void     soak_check_init   (void);
char    *soak_check_dup    (void);
