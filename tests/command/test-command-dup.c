/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A copy of a command: everything that was set, and descriptors of its own. */

#include "config.h"

#include "cproc-command-private.h"

#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static const char *argv[] = { "prog", "a", NULL };

static int
open_null (void)
{
  int fd = open ("/dev/null", O_RDWR);

  g_assert_cmpint (fd, >=, 0);

  return fd;
}

/* A value that is not the default. */
static void
set_other_value (GObject    *object,
                 GParamSpec *pspec)
{
  g_auto (GValue) value = G_VALUE_INIT;

  g_value_init (&value, pspec->value_type);
  if (G_IS_PARAM_SPEC_BOXED (pspec))
    g_value_set_boxed (&value, argv);
  else if (G_IS_PARAM_SPEC_STRING (pspec))
    g_value_set_string (&value, "text");
  else if (G_IS_PARAM_SPEC_ENUM (pspec))
    g_value_set_enum (&value, 2);
  else if (G_IS_PARAM_SPEC_FLAGS (pspec))
    g_value_set_flags (&value, 1);
  else if (G_IS_PARAM_SPEC_BOOLEAN (pspec))
    g_value_set_boolean (&value, TRUE);
  else if (G_IS_PARAM_SPEC_INT64 (pspec))
    g_value_set_int64 (&value, 1000);
  else if (G_IS_PARAM_SPEC_INT (pspec))
    g_value_set_int (&value, 18);
  else
    g_value_set_variant (&value, g_variant_new_parsed ("[uint32 1, 2]"));
  g_object_set_property (object, pspec->name, &value);
}

static void
test_every_property (void)
{
  g_autoptr (CprocCommand) command = cproc_command_new (argv);
  g_autoptr (CprocCommand) copy = NULL;
  g_autofree GParamSpec **pspecs = NULL;
  guint n_pspecs;

  pspecs = g_object_class_list_properties (G_OBJECT_GET_CLASS (command), &n_pspecs);
  for (guint i = 0; i < n_pspecs; i++)
    set_other_value (G_OBJECT (command), pspecs[i]);

  copy = cproc_command_dup (command);
  for (guint i = 0; i < n_pspecs; i++)
    {
      g_auto (GValue) expected = G_VALUE_INIT;
      g_auto (GValue) found = G_VALUE_INIT;

      g_object_get_property (G_OBJECT (command), pspecs[i]->name, &expected);
      g_object_get_property (G_OBJECT (copy), pspecs[i]->name, &found);
      if (G_IS_PARAM_SPEC_BOXED (pspecs[i]))
        g_assert_cmpstrv (g_value_get_boxed (&found), g_value_get_boxed (&expected));
      else
        g_assert_cmpint (g_param_values_cmp (pspecs[i], &found, &expected), ==, 0);
    }
}

/* What no property shows. */
static void
test_the_rest (void)
{
  g_autoptr (CprocCommand) command = cproc_command_new_module ("m.py", argv);
  g_autoptr (CprocCommand) copy = NULL;
  g_auto (GStrv) environment = NULL;

  cproc_command_set_environment_variable (command, "CPROC_TEST_NEW", "x");
  cproc_command_set_stdio_file (command, 1, "out", CPROC_FILE_FLAGS_APPEND);
  cproc_command_add_pipe (command, 6, CPROC_PIPE_DIRECTION_BOTH);
  cproc_command_set_resource_limit (command, RLIMIT_CORE, 1, 2);
  copy = cproc_command_dup (command);
  g_clear_object (&command);

  environment = cproc_command_dup_environ (copy);
  g_assert_cmpstr (g_environ_getenv (environment, "CPROC_TEST_NEW"), ==, "x");
  g_assert_true (copy->is_module);
  g_assert_cmpstr (copy->stdio[1].path, ==, "out");
  g_assert_cmpint (copy->stdio[1].flags, ==, CPROC_FILE_FLAGS_APPEND);
  g_assert_cmpint (g_array_index (copy->pipes, CprocCommandPipe, 0).target_fd, ==, 6);
  g_assert_cmpint (g_array_index (copy->limits, CprocCommandLimit, 0).hard, ==, 2);
}

static void
test_descriptors (void)
{
  g_autoptr (CprocCommand) command = cproc_command_new (argv);
  g_autoptr (CprocCommand) copy = NULL;
  g_autoptr (CprocCommand) closed = NULL;
  g_autoptr (GError) error = NULL;
  int fd = open_null ();
  int copied;

  cproc_command_take_fd (command, fd, 5);
  copy = cproc_command_dup (command);
  copied = g_array_index (copy->fds, CprocCommandFd, 0).fd;
  g_assert_cmpint (copied, !=, fd);
  g_assert_cmpint (fcntl (copied, F_GETFD), ==, FD_CLOEXEC);

  cproc_command_close_fds (command);
  closed = cproc_command_dup (command);
  g_clear_object (&command);
  g_assert_cmpint (fcntl (copied, F_GETFD), >=, 0);
  g_assert_true (cproc_command_validate (copy, NULL));
  g_assert_false (cproc_command_validate (closed, &error));
  g_assert_nonnull (strstr (error->message, "descriptor 5 was closed"));
}

/* The mistake is copied, and is then each one's own. */
static void
test_mistake (void)
{
  g_autoptr (CprocCommand) command = cproc_command_new (argv);
  g_autoptr (CprocCommand) copy = NULL;

  cproc_command_set_environment_variable (command, "A=B", "x");
  copy = cproc_command_dup (command);
  cproc_command_set_environment_variable (command, "A", "x");
  g_assert_true (cproc_command_validate (command, NULL));
  g_assert_false (cproc_command_validate (copy, NULL));
  cproc_command_set_environment_variable (copy, "A", "x");
  g_assert_true (cproc_command_validate (copy, NULL));
}

/* A copy that lacks a descriptor cannot be started, and says why. */
static void
test_no_descriptors_left (void)
{
  g_autoptr (CprocCommand) command = cproc_command_new (argv);
  g_autoptr (CprocCommand) copy = NULL;
  g_autoptr (GError) error = NULL;
  struct rlimit saved, low;

  cproc_command_take_fd (command, open_null (), 5);
  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &saved), ==, 0);
  low = saved;
  low.rlim_cur = 3;
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &low), ==, 0);
  copy = cproc_command_dup (command);
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &saved), ==, 0);

  g_assert_false (cproc_command_validate (copy, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TOO_MANY_OPEN_FILES);
  g_assert_nonnull (strstr (error->message, "descriptor 5 could not be copied"));
  cproc_command_take_fd (copy, open_null (), 5);
  g_assert_true (cproc_command_validate (copy, NULL));
}

int
main (int   argc,
      char *arguments[])
{
  g_test_init (&argc, &arguments, NULL);

  g_test_add_func ("/command-dup/every-property", test_every_property);
  g_test_add_func ("/command-dup/the-rest", test_the_rest);
  g_test_add_func ("/command-dup/descriptors", test_descriptors);
  g_test_add_func ("/command-dup/mistake", test_mistake);
  g_test_add_func ("/command-dup/no-descriptors-left", test_no_descriptors_left);

  return g_test_run ();
}
