/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Children that have children: whatever these do, containment ends them with it. */

#include "config.h"

#include <signal.h>

#include "soak.h"

typedef struct
{
  SoakTask task;
  CprocChild *child;
  gboolean ends; /* before what it has started */
  guint n_closed;
} SoakGrandchild;

static void
end (SoakTask *task)
{
  SoakGrandchild *self = (SoakGrandchild *) task;
  g_autoptr(GError) error = NULL;
  gboolean told = TRUE;

  if (self->child == NULL)
    return;

  switch (soak_range (task, 0, 3))
    {
    case 0:
      told = cproc_child_kill (self->child, &error);
      break;
    case 1:
      told = cproc_child_force_exit (self->child, &error);
      break;
    default:
      /* What has ended takes nothing along but in a tree. */
      if (cproc_child_get_state (self->child) > CPROC_STATE_RUNNING)
        told = cproc_child_force_exit (self->child, &error);
      g_clear_object (&self->child);
    }

  if (!told)
    soak_fail (task, "grandchild not reached: %s", error->message);
}

static void
on_line (CprocChild     *child,
         CprocStream     stream,
         const char     *line,
         SoakGrandchild *self)
{
  soak_check (&self->task, g_ascii_strtoll (line, NULL, 10) > 1);
  if (!self->ends)
    soak_task_after (&self->task, soak_range (&self->task, 0, 20), end);
}

static void
on_ended (CprocChild     *child,
         int             exit_code,
         int             term_signal,
         SoakGrandchild *self)
{
  soak_check (&self->task, (self->ends ? exit_code == 3 : exit_code < 0));
  if (self->ends)
    end (&self->task);
}

static void
on_closed (CprocChild     *child,
           SoakGrandchild *self)
{
  soak_check (&self->task, self->n_closed++ == 0);
  g_clear_object (&self->child);
}

static void
grandchild_begin (SoakTask *task)
{
  /* Only a tree reaches the last two. */
  static const char * const ways[] = { "plain", "closed", "ignore-term", "session", "double" };
  SoakGrandchild *self = (SoakGrandchild *) task;
  gboolean is_tree = soak_one_in (task, 2);
  const char *way = ways[soak_range (task, 0, is_tree ? 5 : 3)];
  const char *argv[] = { g_getenv ("CPROC_TEST_CHILD"), "spawn-grandchild", way, NULL, NULL };
  g_autoptr(CprocCommand) command = NULL;
  g_autoptr(CprocChild) guard = NULL;
  g_autoptr(GError) error = NULL;

  soak_counts.n_children++;
  self->ends = soak_one_in (task, 2);
  argv[3] = self->ends ? "3" : "wait";
  soak_task_note (task, "%s %s, tree %d", way, argv[3], is_tree);
  command = cproc_command_new (argv);
  cproc_command_set_containment (command, is_tree ? CPROC_CONTAINMENT_TREE
                                                  : CPROC_CONTAINMENT_GROUP);
  self->child = cproc_child_new_for_command (command);
  guard = g_object_ref (self->child);
  soak_task_watch (task, self->child);
  cproc_child_set_kill_grace (self->child, soak_range (task, 1, 100));
  g_signal_connect (self->child, "line::stdout", G_CALLBACK (on_line), self);
  g_signal_connect (self->child, "exit", G_CALLBACK (on_ended), self);
  g_signal_connect (self->child, "closed", G_CALLBACK (on_closed), self);
  if (!cproc_child_start (self->child, &error))
    soak_fail (task, "start failed: %s", error->message);
}

static void
grandchild_finish (SoakTask *task)
{
  soak_check (task, ((SoakGrandchild *) task)->child == NULL);
}

const SoakKind soak_grandchild_kind = {
  "grandchild", 6, sizeof (SoakGrandchild), grandchild_begin, grandchild_finish
};
