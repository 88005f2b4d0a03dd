/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "launch-util.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

CprocCommand *
launch_command_new (const char *mode,
                    ...)
{
  g_autoptr(GPtrArray) argv = g_ptr_array_new ();
  const char *argument;
  va_list arguments;

  g_ptr_array_add (argv, (char *) g_getenv ("CPROC_TEST_CHILD"));
  g_assert_nonnull (argv->pdata[0]);
  g_ptr_array_add (argv, (char *) mode);
  va_start (arguments, mode);
  while ((argument = va_arg (arguments, const char *)) != NULL)
    g_ptr_array_add (argv, (char *) argument);
  va_end (arguments);
  g_ptr_array_add (argv, NULL);

  return cproc_command_new ((const char * const *) argv->pdata);
}

CprocLaunch *
launch_start (CprocCommand *command)
{
  CprocLaunch *launch = cproc_launch_new (command);
  g_autoptr(GError) error = NULL;

  cproc_launch_prepare (launch, &error);
  g_assert_no_error (error);
  cproc_launch_spawn (launch, &error);
  g_assert_no_error (error);
  cproc_launch_confirm (launch, &error);
  g_assert_no_error (error);

  return launch;
}

char *
launch_read_fd (int fd)
{
  g_autoptr(GString) text = g_string_new (NULL);
  char buffer[4096];

  for (;;)
    {
      gssize n = read (fd, buffer, sizeof buffer);

      if (n < 0 && errno == EAGAIN)
        {
          struct pollfd readable = { .fd = fd, .events = POLLIN };

          poll (&readable, 1, -1);
          continue;
        }
      g_assert_cmpint (n, >=, 0);
      if (n == 0)
        break;
      g_string_append_len (text, buffer, n);
    }
  close (fd);

  return g_string_free (g_steal_pointer (&text), FALSE);
}

int
launch_wait (CprocLaunch *launch)
{
  GSubprocess *subprocess = cproc_launch_get_subprocess (launch);

  g_subprocess_wait (subprocess, NULL, NULL);

  return g_subprocess_get_if_exited (subprocess) ? g_subprocess_get_exit_status (subprocess) : -1;
}

char *
launch_read (CprocLaunch *launch)
{
  int fd = cproc_launch_steal_pipe (launch, STDOUT_FILENO);
  char *output;

  g_assert_cmpint (fd, >=, 0);
  output = launch_read_fd (fd);
  g_assert_cmpint (launch_wait (launch), ==, 0);

  return output;
}

char *
launch_run (CprocCommand *command)
{
  g_autoptr(CprocLaunch) launch = launch_start (command);

  return launch_read (launch);
}

void
launch_fail (CprocCommand *command,
             GQuark        domain,
             int           code,
             ...)
{
  g_autoptr(CprocLaunch) launch = cproc_launch_new (command);
  g_autoptr(GError) error = NULL;
  const char *text;
  va_list texts;

  g_assert_false (cproc_launch_prepare (launch, &error) && cproc_launch_spawn (launch, &error) &&
                  cproc_launch_confirm (launch, &error));
  if (g_test_verbose ())
    g_test_message ("%s", error->message);
  g_assert_error (error, domain, code);
  g_assert_true (g_str_has_prefix (error->message, "Could not start “"));
  g_assert_null (cproc_launch_get_subprocess (launch));

  va_start (texts, code);
  while ((text = va_arg (texts, const char *)) != NULL)
    g_assert_nonnull (strstr (error->message, text));
  va_end (texts);
}

gint64
launch_get_number (const char *output,
                   const char *key)
{
  g_auto(GStrv) lines = g_strsplit (output, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    if (g_str_has_prefix (lines[i], key) && lines[i][strlen (key)] == '=')
      return g_ascii_strtoll (lines[i] + strlen (key) + 1, NULL, 10);

  g_assert_not_reached ();
}

guint
launch_count_fds (void)
{
  g_autoptr(GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  guint n = 0;

  g_assert_nonnull (dir);
  while (g_dir_read_name (dir) != NULL)
    n++;

  return n;
}

gboolean
launch_skip_on_valgrind (void)
{
  const char *preloaded = g_getenv ("LD_PRELOAD");

  if (preloaded == NULL || strstr (preloaded, "vgpreload") == NULL)
    return FALSE;

  g_test_skip ("valgrind's posix_spawn() does not report a failed exec");

  return TRUE;
}

char *
launch_make_directory (void)
{
  g_autoptr(GError) error = NULL;
  char *directory = g_dir_make_tmp ("libcproc-XXXXXX", &error);

  g_assert_no_error (error);

  return directory;
}

void
launch_remove (const char *directory)
{
  g_autoptr(GDir) dir = g_dir_open (directory, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (directory, name, NULL);

      g_assert_cmpint (g_remove (path), ==, 0);
    }
  g_assert_cmpint (g_rmdir (directory), ==, 0);
}

char *
launch_write_file (const char *directory,
                   const char *name,
                   const char *contents,
                   int         mode)
{
  char *path = g_build_filename (directory, name, NULL);

  g_assert_true (g_file_set_contents (path, contents, -1, NULL));
  g_assert_cmpint (g_chmod (path, mode), ==, 0);

  return path;
}
