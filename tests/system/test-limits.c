/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "child-util.h"
#include "cproc-pidfd-private.h"
#include "shared-program.h"

/* What a command asks of the kernel, seen from inside of the child and by what it does to it; and
 * what the child has used in the end. */

static const CprocContainment containments[] = { CPROC_CONTAINMENT_NONE, CPROC_CONTAINMENT_GROUP,
                                                 CPROC_CONTAINMENT_TREE };

static void
run_to_end (CprocChild *child)
{
  test_start_and_close (child);
  test_await_no_children ();
}

/* Each resource by itself, and all others as they are here. */
static void
test_each (void)
{
  static const gint64 wanted[] = { 1000, 1 << 30, 1 << 30, 1 << 20, 0, 1 << 30, 500, 100, 4096,
                                   G_GINT64_CONSTANT (1) << 40 };

  for (guint c = 0; c < G_N_ELEMENTS (containments); c++)
    for (int resource = CPROC_RESOURCE_CPU; resource <= CPROC_RESOURCE_AS; resource++)
      {
        g_autofree char *number = g_strdup_printf ("%d", resource);
        g_autoptr(CprocCommand) command = test_command_new ("print-limits", number, NULL);
        g_autoptr(CprocExec) exec = cproc_exec_new_for_command (command);
        g_autofree char *expected = NULL;
        g_autofree char *text = NULL;
        struct rlimit here, after;
        gint64 soft = wanted[resource];

        g_assert_cmpint (getrlimit (resource, &here), ==, 0);
        if (here.rlim_max != RLIM_INFINITY)
          soft = MIN (soft, (gint64) here.rlim_max);
        expected = g_strdup_printf ("%" G_GINT64_FORMAT " %" G_GINT64_FORMAT "\n", soft, soft);
        cproc_command_set_resource_limit (command, resource, soft, soft);
        cproc_command_set_containment (command, containments[c]);

        run_to_end (CPROC_CHILD (exec));
        text = cproc_exec_get_stdout_text (exec);
        g_assert_cmpstr (text, ==, expected);

        /* None of it is ours. */
        g_assert_cmpint (getrlimit (resource, &after), ==, 0);
        g_assert_cmpuint (after.rlim_cur, ==, here.rlim_cur);
        g_assert_cmpuint (after.rlim_max, ==, here.rlim_max);
      }
}

/* A loop without end is ended by the kernel, after a second of processor time. */
static void
test_processor_time (void)
{
  g_autoptr(CprocCommand) command = test_command_new ("burn", "600000", "0", NULL);
  g_autoptr(CprocChild) child = cproc_child_new_for_command (command);

  cproc_command_set_resource_limit (command, CPROC_RESOURCE_CPU, 1, 5);
  cproc_command_set_resource_limit (command, CPROC_RESOURCE_CORE, 0, 0);
  run_to_end (child);
  g_assert_cmpint (cproc_child_get_term_signal (child), ==, SIGXCPU);
}

static void
test_memory (void)
{
  g_autoptr(CprocCommand) command = test_command_new ("burn", "1", "400000", NULL);
  g_autoptr(CprocChild) child = cproc_child_new_for_command (command);

  cproc_command_set_resource_limit (command, CPROC_RESOURCE_AS, 200 << 20, 200 << 20);
  run_to_end (child);
  g_assert_cmpint (cproc_child_get_exit_code (child), ==, 71);
}

static void
test_file_size (void)
{
  g_autoptr(CprocCommand) command = test_command_new ("write", "1", "100000", NULL);
  g_autoptr(CprocChild) child = cproc_child_new_for_command (command);
  g_autofree char *dir = g_dir_make_tmp ("limits-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (dir, "file", NULL);
  g_autofree char *text = NULL;
  gsize length;

  cproc_command_set_stdio_file (command, STDOUT_FILENO, path, CPROC_FILE_FLAGS_WRITE);
  cproc_command_set_resource_limit (command, CPROC_RESOURCE_FSIZE, 5000, 5000);
  cproc_command_set_resource_limit (command, CPROC_RESOURCE_CORE, 0, 0);
  run_to_end (child);
  g_assert_cmpint (cproc_child_get_term_signal (child), ==, SIGXFSZ);
  g_assert_true (g_file_get_contents (path, &text, &length, NULL));
  g_assert_cmpuint (length, ==, 5000);
  unlink (path);
  rmdir (dir);
}

/* The whole of it in each containment, since the helper has its own part in each. */
static void
test_attributes (void)
{
  g_autoptr(TestSharedProgram) child = test_shared_program_new (g_getenv ("CPROC_TEST_CHILD"));
  const char *argv[] = { child->path, "print-ids", NULL };

  for (guint c = 0; c < G_N_ELEMENTS (containments); c++)
    {
      g_autoptr(CprocCommand) command = cproc_command_new (argv);
      g_autoptr(CprocExec) exec = cproc_exec_new_for_command (command);
      g_autofree char *nice_line = NULL;
      g_autofree char *text = NULL;

      cproc_command_set_umask (command, 0137);
      cproc_command_set_nice (command, 3);
      cproc_command_set_containment (command, containments[c]);
      if (geteuid () == 0)
        {
          cproc_command_set_user_id (command, 12345);
          cproc_command_set_group_id (command, 23456);
        }
      run_to_end (CPROC_CHILD (exec));

      text = cproc_exec_get_stdout_text (exec);
      nice_line = g_strdup_printf ("nice=%d\n", MIN (getpriority (PRIO_PROCESS, 0) + 3, 19));
      g_assert_nonnull (strstr (text, nice_line));
      g_assert_nonnull (strstr (text, "umask=137\n"));
      if (geteuid () == 0)
        g_assert_nonnull (strstr (text, "uid=12345\neuid=12345\ngid=23456\negid=23456\n"
                                        "groups=0\n"));
    }
}

static void
assert_usage (CprocChild *child,
              gint64      usec,
              gint64      kib)
{
  g_autoptr(CprocResourceUsage) usage = cproc_child_dup_resource_usage (child);
  gint64 time;

  g_assert_nonnull (usage);
  time = usage->user_time + usage->system_time;
  g_assert_cmpint (usage->user_time, >=, 0);
  g_assert_cmpint (usage->system_time, >=, 0);
  g_assert_cmpint (time, >=, usec);
  g_assert_cmpint (time, <, usec + 20 * G_USEC_PER_SEC);
  g_assert_cmpint (usage->max_rss, >=, kib * 1024);
  g_assert_cmpint (usage->max_rss, <, 1024 * 1024 * 1024);
}

static void
test_usage (void)
{
  for (guint c = 0; c < G_N_ELEMENTS (containments); c++)
    {
      g_autoptr(CprocCommand) command = test_command_new ("burn", "60", "20000", NULL);
      g_autoptr(CprocChild) child = cproc_child_new_for_command (command);
      g_autoptr(CprocResourceUsage) usage = NULL;

      g_assert_null (cproc_child_dup_resource_usage (child));
      cproc_command_set_containment (command, containments[c]);
      run_to_end (child);
      g_assert_cmpint (cproc_child_get_exit_code (child), ==, 0);
      /* GLib may have thrown it away; the helper of a tree never does. */
      usage = cproc_child_dup_resource_usage (child);
      if (usage != NULL || containments[c] == CPROC_CONTAINMENT_TREE)
        assert_usage (child, 55 * 1000, 20000);
    }
}

/* One that was killed has used something as well. */
static void
test_usage_of_killed (void)
{
  g_autoptr(CprocCommand) command = test_command_new ("burn", "600000", "20000", NULL);
  g_autoptr(CprocChild) child = cproc_child_new_for_command (command);

  cproc_command_set_containment (command, CPROC_CONTAINMENT_TREE);
  cproc_command_set_resource_limit (command, CPROC_RESOURCE_CPU, 1, 5);
  cproc_command_set_resource_limit (command, CPROC_RESOURCE_CORE, 0, 0);
  run_to_end (child);
  g_assert_cmpint (cproc_child_get_term_signal (child), ==, SIGXCPU);
  /* The limit counts by ticks of the clock, and so not exactly. */
  assert_usage (child, 100 * 1000, 20000);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/limits/each", test_each);
  g_test_add_func ("/limits/processor-time", test_processor_time);
  g_test_add_func ("/limits/memory", test_memory);
  g_test_add_func ("/limits/file-size", test_file_size);
  g_test_add_func ("/limits/attributes", test_attributes);
  g_test_add_func ("/limits/usage", test_usage);
  g_test_add_func ("/limits/usage-of-killed", test_usage_of_killed);

  return g_test_run ();
}
