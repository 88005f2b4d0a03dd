/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Execs, in the main loop and in threads: the buffers, and a result that fits what happened. */

#include "config.h"

#include <string.h>

#include "soak-program.h"

typedef struct
{
  SoakTask task;
  SoakProgram *program;
  CprocExec *exec;
  GCancellable *cancellable;
  gboolean is_cancelled;
  gint64 max_buffer;
  guint timeout;

  /* Of one in a thread. */
  GThread *thread;
  gboolean in_steps;
  gboolean success;
  GError *error;
} SoakExec;

static void
check_buffer (SoakExec      *self,
              GBytes        *bytes,
              char          *text,
              const GString *expected,
              gboolean       is_whole)
{
  gsize size;
  const char *data = g_bytes_get_data (bytes, &size);

  soak_check (&self->task, self->max_buffer < 0 || size <= (gsize) self->max_buffer);
  soak_check (&self->task, size <= expected->len);
  soak_check (&self->task, size == 0 || memcmp (data, expected->str, size) == 0);
  soak_check (&self->task, !is_whole || size == expected->len);
  soak_check (&self->task, g_utf8_validate (text, -1, NULL));
  soak_counts.n_bytes += size;
  g_bytes_unref (bytes);
  g_free (text);
}

static void
check_buffers (SoakExec *self,
               gboolean  is_whole)
{
  check_buffer (self, cproc_exec_get_stdout_bytes (self->exec),
                cproc_exec_get_stdout_text (self->exec), self->program->bytes[1], is_whole);
  check_buffer (self, cproc_exec_get_stderr_bytes (self->exec),
                cproc_exec_get_stderr_text (self->exec), self->program->bytes[2], is_whole);
}

static gboolean
is_over_limit (SoakExec *self)
{
  return self->max_buffer >= 0 &&
         (self->program->bytes[1]->len > (gsize) self->max_buffer ||
          self->program->bytes[2]->len > (gsize) self->max_buffer);
}

static gboolean
is_natural (SoakExec *self)
{
  CprocChild *child = CPROC_CHILD (self->exec);

  return !self->program->sleeps &&
         cproc_child_get_exit_code (child) == self->program->exit_code &&
         cproc_child_get_term_signal (child) == self->program->term_signal;
}

/* A line for the shell by its beginning. */
static gboolean
names_program (SoakExec *self,
               GError   *error)
{
  char **argv = (char **) self->program->argv->pdata;
  g_autofree char *line = g_str_equal (argv[0], "/bin/sh") ? g_strndup (argv[2], 10)
                                                           : g_strdup (argv[0]);

  return strstr (error->message, line) != NULL;
}

static void
check_error (SoakExec *self,
             GError   *error)
{
  SoakTask *task = &self->task;

  soak_check (task, g_utf8_validate (error->message, -1, NULL) && *error->message != '\0');
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      soak_check (task, self->is_cancelled);
      return;
    }

  soak_check (task, error->domain == CPROC_ERROR);
  if (error->code == CPROC_ERROR_TIMED_OUT)
    {
      soak_check (task, self->timeout > 0);
      soak_check (task, cproc_child_get_timed_out (CPROC_CHILD (self->exec)));
      soak_counts.n_timeouts++;
    }
  else if (error->code == CPROC_ERROR_OUTPUT_LIMIT)
    {
      soak_check (task, is_over_limit (self));
    }
  else if (error->code == CPROC_ERROR_EXITED || error->code == CPROC_ERROR_SIGNALED)
    {
      soak_check (task, is_natural (self));
      soak_check (task, (error->code == CPROC_ERROR_SIGNALED) == (self->program->term_signal != 0));
      if (!names_program (self, error))
        soak_fail (task, "the program is not named: %s", error->message);
    }
  else
    {
      soak_fail (task, "an error of no sense here: %s", error->message);
    }
}

static void
check_result (SoakExec *self,
              gboolean  success,
              GError   *error)
{
  gboolean is_whole = error == NULL ||
                      g_error_matches (error, CPROC_ERROR, CPROC_ERROR_EXITED) ||
                      g_error_matches (error, CPROC_ERROR, CPROC_ERROR_SIGNALED);

  soak_check (&self->task, success == (error == NULL));
  if (success)
    {
      soak_check (&self->task, is_natural (self) && self->program->exit_code == 0);
      soak_check (&self->task, !is_over_limit (self));
    }
  else
    {
      check_error (self, error);
    }

  if (cproc_child_get_state (CPROC_CHILD (self->exec)) == CPROC_STATE_CLOSED)
    check_buffers (self, is_whole);
  else
    soak_check (&self->task, self->is_cancelled);
}

static void
cancel (SoakTask *task)
{
  SoakExec *self = (SoakExec *) task;

  self->is_cancelled = TRUE;
  g_cancellable_cancel (self->cancellable);
}

static void
make_exec (SoakExec *self)
{
  SoakTask *task = &self->task;
  g_autoptr(CprocCommand) command = NULL;

  soak_counts.n_execs++;
  self->program = soak_program_new (task);
  self->cancellable = g_cancellable_new ();
  command = cproc_command_new ((const char * const *) self->program->argv->pdata);
  cproc_command_set_containment (command, soak_range (task, CPROC_CONTAINMENT_AUTO,
                                                      CPROC_CONTAINMENT_TREE + 1));
  self->exec = cproc_exec_new_for_command (command);
  soak_task_watch (task, self->exec);
  self->max_buffer = soak_one_in (task, 3) ? soak_range (task, 0, 100000) : -1;
  cproc_exec_set_max_buffer (self->exec, self->max_buffer);
  cproc_child_set_kill_grace (CPROC_CHILD (self->exec), soak_range (task, 1, 200));
  if (self->program->encoding != NULL)
    cproc_child_set_encoding (CPROC_CHILD (self->exec), self->program->encoding);
  if (self->program->input != NULL)
    {
      g_autoptr(GBytes) input = g_bytes_new (self->program->input->str, self->program->input->len);

      cproc_exec_set_input (self->exec, input);
    }

  /* A program of several processes may end by itself in another way when one of them is ended. */
  if (self->program->is_loose)
    self->max_buffer = -1, cproc_exec_set_max_buffer (self->exec, -1);
  else if (self->program->sleeps || soak_one_in (task, 6))
    self->timeout = soak_range (task, 1, 300);
  cproc_child_set_timeout (CPROC_CHILD (self->exec), self->timeout);
  if (!self->program->is_loose && soak_one_in (task, 4))
    soak_task_after (task, soak_range (task, 0, 60), cancel);
}

static void
on_run_finished (GObject      *source,
                 GAsyncResult *result,
                 gpointer      user_data)
{
  SoakExec *self = user_data;
  g_autoptr(GError) error = NULL;
  gboolean success = cproc_exec_run_finish (self->exec, result, &error);

  check_result (self, success, error);
  g_clear_object (&self->exec);
  soak_task_unref (&self->task);
}

static void
exec_begin (SoakTask *task)
{
  SoakExec *self = (SoakExec *) task;

  make_exec (self);
  soak_task_ref (task);
  cproc_exec_run_async (self->exec, self->cancellable, on_run_finished, self);
}

static gboolean
thread_is_done (gpointer user_data)
{
  SoakExec *self = user_data;

  g_thread_join (g_steal_pointer (&self->thread));
  check_result (self, self->success, self->error);
  g_clear_error (&self->error);
  g_clear_object (&self->exec);
  soak_task_unref (&self->task);

  return G_SOURCE_REMOVE;
}

static gpointer
run_in_thread (gpointer user_data)
{
  SoakExec *self = user_data;
  g_autoptr(GMainContext) context = g_main_context_new ();
  CprocChild *child = CPROC_CHILD (self->exec);

  g_main_context_push_thread_default (context);
  if (self->in_steps)
    self->success = cproc_child_start (child, &self->error) &&
                    cproc_child_wait_check (child, NULL, &self->error);
  else
    self->success = cproc_exec_run (self->exec, self->cancellable, &self->error);
  g_main_context_pop_thread_default (context);
  g_idle_add (thread_is_done, self);

  return NULL;
}

static void
thread_begin (SoakTask *task)
{
  SoakExec *self = (SoakExec *) task;

  make_exec (self);
  soak_counts.n_threads++;
  self->in_steps = soak_one_in (task, 3);
  soak_task_note (task, self->in_steps ? ", start and wait" : ", run");
  soak_task_ref (task);
  self->thread = g_thread_new ("soak", run_in_thread, self);
}

static void
exec_finish (SoakTask *task)
{
  SoakExec *self = (SoakExec *) task;

  soak_check (task, self->exec == NULL);
  g_object_unref (self->cancellable);
  soak_program_free (self->program);
}

const SoakKind soak_exec_kind = { "exec", 20, sizeof (SoakExec), exec_begin, exec_finish };
const SoakKind soak_thread_kind = { "thread", 8, sizeof (SoakExec), thread_begin, exec_finish };
