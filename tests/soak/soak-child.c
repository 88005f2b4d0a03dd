/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A child: each signal in its order, every byte and line, and an end that has a reason. */

#include "config.h"

#include <string.h>
#include <unistd.h>

#include "soak-child.h"

gboolean
soak_child_is_disturbed (SoakChild *self)
{
  return self->fired != 0 || self->has_timeout || self->child == NULL;
}

static void
check_alive (SoakChild *self)
{
  soak_check (&self->task, self->child == NULL || self->n_started == 1);
  soak_check (&self->task, self->n_closed == 0);
}

static void
on_started (CprocChild *child,
            SoakChild  *self)
{
  soak_check (&self->task, self->n_started++ == 0);
  soak_check (&self->task, cproc_child_get_state (child) == CPROC_STATE_RUNNING);
  soak_check (&self->task, cproc_child_get_pid (child) > 0);
  check_alive (self);
  soak_child_disturb (self, SOAK_AT_STARTED);
}

static SoakStream *
get_stream (SoakChild   *self,
            CprocStream  stream)
{
  SoakStream *it = &self->streams[stream];

  check_alive (self);
  soak_check (&self->task, !it->has_ended);
  soak_check (&self->task, !it->is_paused || self->child == NULL);

  return it;
}

static void
on_output (CprocChild  *child,
           CprocStream  stream,
           GBytes      *bytes,
           SoakChild   *self)
{
  SoakStream *it = get_stream (self, stream);
  gsize size;
  const char *data = g_bytes_get_data (bytes, &size);

  soak_check (&self->task, size > 0 && size <= it->bytes->len - it->n_bytes);
  soak_check (&self->task, memcmp (data, it->bytes->str + it->n_bytes, size) == 0);
  it->n_bytes += size;
  soak_counts.n_bytes += size;
  soak_child_disturb (self, SOAK_AT_OUTPUT);
}

static void
take_line (SoakChild  *self,
           SoakStream *it,
           gsize      *at,
           const char *line)
{
  gsize length = strlen (line);

  if (it->is_cut || length > it->text->len - *at ||
      memcmp (line, it->text->str + *at, length) != 0)
    soak_fail (&self->task, "at %" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT ", cut %d: “%.200s”, "
               "not “%.200s”", *at, it->text->len, it->is_cut, line, it->text->str + *at);

  *at += length;
  soak_counts.n_lines++;
  if (it->text->str[*at] == '\n')
    (*at)++;
  else if (*at < it->text->len && (gint64) length != self->max_line_length)
    it->is_cut = TRUE;
}

static void
on_line (CprocChild  *child,
         CprocStream  stream,
         const char  *line,
         SoakChild   *self)
{
  SoakStream *it = get_stream (self, stream);

  take_line (self, it, &it->line_at, line);
  soak_child_disturb (self, SOAK_AT_OUTPUT);
}

static void
on_lines (CprocChild         *child,
          CprocStream         stream,
          const char * const *lines,
          SoakChild          *self)
{
  SoakStream *it = get_stream (self, stream);

  soak_check (&self->task, lines[0] != NULL);
  for (guint i = 0; lines[i] != NULL; i++)
    take_line (self, it, &it->lines_at, lines[i]);

  /* The same again is still to come by the other signal. */
  if (it->has_line)
    it->is_cut = FALSE;
  soak_child_disturb (self, SOAK_AT_OUTPUT);
}

static void
on_stream_ended (CprocChild  *child,
                 CprocStream  stream,
                 SoakChild   *self)
{
  SoakStream *it = get_stream (self, stream);

  it->has_ended = TRUE;
  soak_child_disturb (self, SOAK_AT_STREAM_ENDED);
}

static void
on_ended (CprocChild *child,
         int         exit_code,
         int         term_signal,
         SoakChild  *self)
{
  check_alive (self);
  soak_check (&self->task, self->n_exit++ == 0);
  soak_check (&self->task, cproc_child_get_state (child) == CPROC_STATE_EXITED);
  soak_check (&self->task, cproc_child_get_exit_code (child) == exit_code);
  soak_check (&self->task, cproc_child_get_term_signal (child) == term_signal);
  soak_child_disturb (self, SOAK_AT_EXIT);
}

static gboolean
is_natural (SoakChild  *self,
            CprocChild *child)
{
  SoakProgram *program = self->program;

  return !program->sleeps && cproc_child_get_exit_code (child) == program->exit_code &&
         cproc_child_get_term_signal (child) == program->term_signal;
}

/* The end has a reason; returns whether all that the program had to say is to be there. */
static gboolean
check_outcome (SoakChild  *self,
               CprocChild *child)
{
  int term_signal = cproc_child_get_term_signal (child);
  gboolean natural = is_natural (self, child);

  if (cproc_child_get_timed_out (child))
    {
      soak_check (&self->task, self->has_timeout);
      soak_counts.n_timeouts++;
    }

  soak_counts.n_ended_by_signal += term_signal != 0;
  if (self->program->is_loose && soak_child_is_disturbed (self))
    return FALSE;

  if (!natural && (self->fired & (G_GUINT64_CONSTANT (1) << term_signal)) == 0 &&
      !(cproc_child_get_timed_out (child) && term_signal != 0))
    soak_fail (&self->task, "ended with code %d, signal %d, without a reason",
               cproc_child_get_exit_code (child), term_signal);

  return natural && (term_signal == 0 || !soak_child_is_disturbed (self));
}

static void
check_stream (SoakChild  *self,
              SoakStream *it,
              gboolean    is_whole)
{
  soak_check (&self->task, it->has_ended || it->bytes == NULL);
  if (!is_whole || it->bytes == NULL)
    return;

  if (it->has_output)
    soak_check (&self->task, it->n_bytes == it->bytes->len);
  if (it->has_line)
    soak_check (&self->task, it->line_at == it->text->len);
  if (it->has_lines)
    soak_check (&self->task, it->lines_at == it->text->len);
}

static void
on_closed (CprocChild *child,
           SoakChild  *self)
{
  check_alive (self);
  soak_check (&self->task, self->n_closed++ == 0);
  soak_check (&self->task, self->n_exit == 1);
  soak_check (&self->task, cproc_child_get_state (child) == CPROC_STATE_CLOSED);

  self->is_whole = check_outcome (self, child);
  check_stream (self, &self->streams[CPROC_STREAM_STDOUT], self->is_whole);
  check_stream (self, &self->streams[CPROC_STREAM_STDERR], self->is_whole);
  soak_child_check_files (self);
  soak_child_disturb (self, SOAK_AT_CLOSED);
  soak_child_drop (self);
}

void
soak_child_drop (SoakChild *self)
{
  g_autoptr(CprocChild) child = g_steal_pointer (&self->child);

  if (child != NULL && cproc_child_get_state (child) < CPROC_STATE_CLOSED)
    soak_counts.n_drops++;
}

static void
connect_stream (SoakChild   *self,
                CprocStream  stream,
                const char  *detail)
{
  SoakStream *it = &self->streams[stream];
  g_autofree char *output = g_strconcat ("output::", detail, NULL);
  g_autofree char *line = g_strconcat ("line::", detail, NULL);
  g_autofree char *lines = g_strconcat ("lines::", detail, NULL);

  if (it->bytes == NULL)
    return;

  it->has_output = soak_range (&self->task, 0, 3) > 0;
  it->has_line = soak_one_in (&self->task, 2);
  it->has_lines = soak_one_in (&self->task, 3);
  if (it->has_output)
    g_signal_connect (self->child, output, G_CALLBACK (on_output), self);
  if (it->has_line)
    g_signal_connect (self->child, line, G_CALLBACK (on_line), self);
  if (it->has_lines)
    g_signal_connect (self->child, lines, G_CALLBACK (on_lines), self);
}

static void
connect (SoakChild *self)
{
  connect_stream (self, CPROC_STREAM_STDOUT, "stdout");
  connect_stream (self, CPROC_STREAM_STDERR, "stderr");
  g_signal_connect (self->child, "started", G_CALLBACK (on_started), self);
  g_signal_connect (self->child, "stream-ended", G_CALLBACK (on_stream_ended), self);
  g_signal_connect (self->child, "exit", G_CALLBACK (on_ended), self);
  g_signal_connect (self->child, "closed", G_CALLBACK (on_closed), self);
}

static void
choose_attributes (SoakChild *self)
{
  SoakTask *task = &self->task;

  self->command = cproc_command_new ((const char * const *) self->program->argv->pdata);
  cproc_command_set_containment (self->command, soak_range (task, CPROC_CONTAINMENT_AUTO,
                                                            CPROC_CONTAINMENT_TREE + 1));
  if (soak_one_in (task, 4))
    cproc_command_set_die_with_parent (self->command, TRUE);
  if (soak_one_in (task, 5))
    cproc_command_set_cwd (self->command, soak_dir);
  if (soak_one_in (task, 5))
    cproc_command_set_nice (self->command, 1);
  if (soak_one_in (task, 5))
    cproc_command_set_resource_limit (self->command, CPROC_RESOURCE_NOFILE, 64, 64);
  if (soak_one_in (task, 5))
    cproc_command_set_environment_variable (self->command, "SOAK_TASK", "yes");
  soak_child_choose_stdio (self);
  soak_task_note (task, " containment %d", cproc_command_get_containment (self->command));
}

static void
on_waited (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  SoakChild *self = user_data;
  g_autoptr(GError) error = NULL;

  soak_check (&self->task, cproc_child_wait_finish (CPROC_CHILD (source), result, &error));
  soak_check (&self->task, cproc_child_get_state (CPROC_CHILD (source)) == CPROC_STATE_CLOSED);
  soak_task_unref (&self->task);
}

/* Goes on when it runs. */
static void
begin_life (SoakChild *self)
{
  if (self->child == NULL)
    return;

  soak_child_feed (self);
  if (self->child != NULL && soak_one_in (&self->task, 4))
    {
      soak_task_ref (&self->task);
      cproc_child_wait_async (self->child, NULL, on_waited, self);
    }
}

static void
on_start_finished (GObject      *source,
                   GAsyncResult *result,
                   gpointer      user_data)
{
  SoakChild *self = user_data;
  g_autoptr(GError) error = NULL;

  if (!cproc_child_start_finish (CPROC_CHILD (source), result, &error))
    soak_fail (&self->task, "start failed: %s", error->message);

  soak_check (&self->task, self->n_started == 1);
  begin_life (self);
  soak_task_unref (&self->task);
}

static void
start (SoakChild *self)
{
  g_autoptr(CprocChild) child = g_object_ref (self->child);
  g_autoptr(GError) error = NULL;

  if (soak_one_in (&self->task, 2))
    {
      soak_task_note (&self->task, ", async");
      soak_task_ref (&self->task);
      cproc_child_start_async (child, NULL, on_start_finished, self);
      soak_child_disturb (self, SOAK_AT_ONCE);
      return;
    }

  if (!cproc_child_start (child, &error))
    soak_fail (&self->task, "start failed: %s", error->message);

  soak_check (&self->task, self->n_started == 1);
  begin_life (self);
  soak_child_disturb (self, SOAK_AT_ONCE);
}

static void
child_begin (SoakTask *task)
{
  SoakChild *self = (SoakChild *) task;

  soak_counts.n_children++;
  self->program = soak_program_new (task);
  self->streams[1].file_fd = self->streams[2].file_fd = -1;
  choose_attributes (self);

  self->child = cproc_child_new_for_command (self->command);
  g_weak_ref_init (&self->weak, self->child);
  soak_task_watch (task, self->child);
  if (self->program->encoding != NULL)
    cproc_child_set_encoding (self->child, self->program->encoding);
  else if (soak_one_in (task, 4))
    cproc_child_set_max_line_length (self->child, soak_range (task, 1, 300));
  self->max_line_length = cproc_child_get_max_line_length (self->child);
  cproc_child_set_kill_grace (self->child, soak_range (task, 1, 200));

  soak_child_take_streams (self);
  connect (self);
  soak_child_plan_disturbances (self);
  start (self);
}

static void
child_finish (SoakTask *task)
{
  SoakChild *self = (SoakChild *) task;

  soak_check (task, self->child == NULL);
  soak_check (task, self->n_writes == 0);
  for (guint i = CPROC_STREAM_STDOUT; i <= CPROC_STREAM_STDERR; i++)
    {
      SoakStream *it = &self->streams[i];

      soak_check (task, it->taken == NULL);
      soak_check (task, !self->is_whole || it->taken_bytes == NULL ||
                  it->n_bytes == it->taken_bytes->len);
      if (it->file_fd >= 0)
        close (it->file_fd);
    }
  g_weak_ref_clear (&self->weak);
  g_object_unref (self->command);
  soak_program_free (self->program);
}

const SoakKind soak_child_kind = { "child", 40, sizeof (SoakChild), child_begin, child_finish };
