/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Starts that fail, by an error that names what it is about; and the same child started again. */

#include "config.h"

#include <string.h>

#include "soak.h"

typedef struct
{
  SoakTask task;
  CprocCommand *command;
  CprocChild *child;
  GQuark domain;
  int code;
  const char *named;
  guint n_closed;
} SoakFailure;

static void
on_closed (CprocChild  *child,
           SoakFailure *self)
{
  soak_check (&self->task, self->n_closed++ == 0);
  soak_check (&self->task, cproc_child_get_exit_code (child) == 5);
  g_clear_object (&self->child);
}

static void
check_failed (SoakFailure *self,
              GError      *error)
{
  soak_check_error (&self->task, error, self->domain, self->code);
  if (strstr (error->message, self->named) == NULL)
    soak_fail (&self->task, "“%s” is not named: %s", self->named, error->message);
  soak_check (&self->task, cproc_child_get_state (self->child) == CPROC_STATE_NEW);
  soak_check (&self->task, cproc_child_get_pid (self->child) == 0);
}

static void
start_well (SoakFailure *self)
{
  const char *argv[] = { g_getenv ("CPROC_TEST_CHILD"), "exit", "5", NULL };
  g_autoptr(CprocChild) G_GNUC_UNUSED guard = g_object_ref (self->child);
  g_autoptr(GError) error = NULL;

  if (soak_one_in (&self->task, 2))
    {
      g_clear_object (&self->child);
      return;
    }

  cproc_command_set_argv (self->command, argv);
  cproc_command_set_cwd (self->command, NULL);
  cproc_command_set_stdout_mode (self->command, CPROC_STDIO_PIPE);
  g_signal_connect (self->child, "closed", G_CALLBACK (on_closed), self);
  if (!cproc_child_start (self->child, &error))
    soak_fail (&self->task, "start failed: %s", error->message);
}

static void
on_start_finished (GObject      *source,
                   GAsyncResult *result,
                   gpointer      user_data)
{
  SoakFailure *self = user_data;
  g_autoptr(GError) error = NULL;

  soak_check (&self->task, !cproc_child_start_finish (CPROC_CHILD (source), result, &error));
  check_failed (self, error);
  start_well (self);
  soak_task_unref (&self->task);
}

static void
expect (SoakFailure *self,
        GQuark       domain,
        int          code,
        const char  *named)
{
  self->domain = domain;
  self->code = code;
  self->named = named;
  soak_task_note (&self->task, "%s", named);
}

static void
choose_failure (SoakFailure *self)
{
  const char *missing[] = { "soak-no-such-program", "x", NULL };
  const char *directory[] = { "/proc", NULL };
  const char *fine[] = { g_getenv ("CPROC_TEST_CHILD"), "exit", "5", NULL };

  self->command = cproc_command_new (fine);
  switch (soak_range (&self->task, 0, 4))
    {
    case 0:
      cproc_command_set_argv (self->command, missing);
      expect (self, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT, missing[0]);
      break;
    case 1:
      cproc_command_set_cwd (self->command, "/proc/soak-no-such-directory");
      expect (self, G_SPAWN_ERROR, G_SPAWN_ERROR_CHDIR, "/proc/soak-no-such-directory");
      break;
    case 2:
      cproc_command_set_argv (self->command, directory);
      expect (self, G_SPAWN_ERROR, G_SPAWN_ERROR_ACCES, "/proc");
      break;
    default:
      cproc_command_set_stdio_file (self->command, 1, "/proc/soak-no-such-directory/file",
                                    CPROC_FILE_FLAGS_WRITE);
      expect (self, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "/proc/soak-no-such-directory/file");
    }
}

static void
failure_begin (SoakTask *task)
{
  SoakFailure *self = (SoakFailure *) task;
  g_autoptr(GError) error = NULL;

  soak_counts.n_failed_starts++;
  choose_failure (self);
  cproc_command_set_containment (self->command, soak_range (task, CPROC_CONTAINMENT_AUTO,
                                                            CPROC_CONTAINMENT_TREE + 1));
  self->child = cproc_child_new_for_command (self->command);
  soak_task_watch (task, self->child);
  if (soak_one_in (task, 2))
    {
      soak_task_ref (task);
      cproc_child_start_async (self->child, NULL, on_start_finished, self);
      return;
    }

  soak_check (task, !cproc_child_start (self->child, &error));
  check_failed (self, error);
  start_well (self);
}

static void
failure_finish (SoakTask *task)
{
  g_object_unref (((SoakFailure *) task)->command);
}

const SoakKind soak_failure_kind = {
  "failure", 5, sizeof (SoakFailure), failure_begin, failure_finish
};
