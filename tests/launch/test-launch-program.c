/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "launch-util.h"

/* Which files are programs, and how they are run. */

static char *directory;

static CprocCommand *
command_of_bytes (const char *name,
                  const void *bytes,
                  gsize       length)
{
  g_autofree char *path = g_build_filename (directory, name, NULL);
  const char *const argv[] = { path, "argument", NULL };
  int fd = open (path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (write (fd, bytes, length), ==, (gssize) length);
  close (fd);

  return cproc_command_new (argv);
}

#define SCRIPT "printf '%s' \"$1\""

/* A file without an interpreter's line is a script where its first line is text. */
static void
test_script (void)
{
  static const char *const texts[] = {
    SCRIPT, "\n" SCRIPT, "# \xc3\xa4\xff\n" SCRIPT, "#!\n" SCRIPT, SCRIPT "\nexit\n",
  };
  static const char text_then_bytes[] = SCRIPT "\nexit\n\0\0\0";
  g_autoptr(CprocCommand) archive = command_of_bytes ("archive", text_then_bytes,
                                                      sizeof text_then_bytes);
  g_autofree char *of_archive = launch_run (archive);

  g_assert_cmpstr (of_archive, ==, "argument");
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr(CprocCommand) command = command_of_bytes ("script", texts[i], strlen (texts[i]));
      g_autofree char *output = launch_run (command);

      g_assert_cmpstr (output, ==, "argument");
    }
}

static void
test_not_a_program (void)
{
  static const char foreign[64] = "\x7f" "ELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x28\x7f";
  static const char bytes[] = "a\0b\n" SCRIPT;
  static const struct
  {
    const void *bytes;
    gsize length;
  } files[] = {
    { "", 0 }, { foreign, sizeof foreign }, { bytes, sizeof bytes - 1 }, { "\0", 1 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_autoptr(CprocCommand) command = command_of_bytes ("none", files[i].bytes, files[i].length);

      launch_fail (command, G_SPAWN_ERROR, G_SPAWN_ERROR_NOEXEC, "none", NULL);
    }
}

/* The shell takes such a name for options. */
static void
test_name_like_an_option (void)
{
  static const char *const names[] = { "-e/script", "--/script", "+e/script" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      const char *const argv[] = { names[i], "argument", NULL };
      g_autoptr(CprocCommand) command = cproc_command_new (argv);
      g_autofree char *path = g_build_filename (directory, names[i], NULL);
      g_autofree char *folder = g_path_get_dirname (path);
      g_autofree char *output = NULL;

      g_assert_cmpint (g_mkdir (folder, 0755), ==, 0);
      g_free (launch_write_file (folder, "script", SCRIPT, 0755));
      cproc_command_set_cwd (command, directory);
      output = launch_run (command);
      g_assert_cmpstr (output, ==, "argument");
      g_unlink (path);
      g_rmdir (folder);
    }
}

/* Found by an empty entry of PATH, which is the working directory. */
static void
test_name_like_an_option_in_path (void)
{
  const char *const argv[] = { "-e", "argument", NULL };
  const char *const environment[] = { "PATH=:/bin", NULL };
  g_autoptr(CprocCommand) command = cproc_command_new (argv);
  g_autofree char *output = NULL;

  g_free (launch_write_file (directory, "-e", SCRIPT, 0755));
  cproc_command_set_cwd (command, directory);
  cproc_command_set_environment (command, environment);
  output = launch_run (command);
  g_assert_cmpstr (output, ==, "argument");
}

static gpointer
close_later (gpointer user_data)
{
  g_usleep (10000);
  close (GPOINTER_TO_INT (user_data));

  return NULL;
}

/* Another thread has written the program, and a child that was just being started had its
 * descriptor for a moment. */
static void
test_busy_for_a_moment (void)
{
  g_autoptr(CprocCommand) command = command_of_bytes ("busy", "#!/bin/sh\n" SCRIPT,
                                                      strlen ("#!/bin/sh\n" SCRIPT));
  g_autofree char *path = g_build_filename (directory, "busy", NULL);
  int fd = open (path, O_WRONLY | O_CLOEXEC);
  GThread *thread = g_thread_new ("close", close_later, GINT_TO_POINTER (fd));
  g_autofree char *output = launch_run (command);

  g_assert_cmpstr (output, ==, "argument");
  g_thread_join (thread);

  fd = open (path, O_WRONLY | O_CLOEXEC);
  launch_fail (command, G_SPAWN_ERROR, G_SPAWN_ERROR_TXTBUSY, NULL);
  close (fd);
}

/* A program of another user owns the pipes that it gets. */
static void
test_user_opens_streams (void)
{
  const char *const argv[] = { "/bin/sh", "-c", "echo out >/dev/stdout; echo in </dev/stdin",
                               NULL };
  g_autoptr(CprocCommand) command = cproc_command_new (argv);
  g_autofree char *output = NULL;

  if (getuid () != 0)
    {
      g_test_skip ("needs root");
      return;
    }

  cproc_command_set_stdin_mode (command, CPROC_STDIO_PIPE);
  cproc_command_set_user_id (command, 65534);
  cproc_command_set_group_id (command, 65534);
  output = launch_run (command);
  g_assert_cmpstr (output, ==, "out\nin\n");
}

int
main (int    argc,
      char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  directory = launch_make_directory ();

  g_test_add_func ("/launch-program/script", test_script);
  g_test_add_func ("/launch-program/not-a-program", test_not_a_program);
  g_test_add_func ("/launch-program/name-like-an-option", test_name_like_an_option);
  g_test_add_func ("/launch-program/name-like-an-option-in-path",
                   test_name_like_an_option_in_path);
  g_test_add_func ("/launch-program/busy-for-a-moment", test_busy_for_a_moment);
  g_test_add_func ("/launch-program/user-opens-streams", test_user_opens_streams);

  result = g_test_run ();
  launch_remove (directory);
  g_free (directory);

  return result;
}
