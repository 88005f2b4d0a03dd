/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The environment that a start gives its program: a base, and changes to it. */

#include "config.h"

#include "cproc-command-private.h"

#include <unistd.h>

static CprocCommand *
make_command (void)
{
  const char *argv[] = { "prog", NULL };

  return cproc_command_new (argv);
}

static void
assert_environ (CprocCommand *command,
                const char   *joined)
{
  g_auto (GStrv) environment = cproc_command_dup_environ (command);
  g_autofree char *found = g_strjoinv ("|", environment);

  g_assert_cmpstr (found, ==, joined);
}

static void
assert_variable (CprocCommand *command,
                 const char   *name,
                 const char   *value)
{
  g_auto (GStrv) environment = cproc_command_dup_environ (command);

  g_assert_cmpstr (g_environ_getenv (environment, name), ==, value);
}

/* The last entry of a name counts, and stands once; the last change of a name too. */
static void
test_changes (void)
{
  const struct
  {
    const char *base[5];
    const char *changes[4][2];
    const char *expected;
  } cases[] = {
    { { "A=1", "B=2" }, { { NULL } }, "A=1|B=2" },
    { { "A=1", "B=2", "A=3" }, { { NULL } }, "A=3|B=2" },
    { { "A=1", "A=2" }, { { "A", "3" } }, "A=3" },
    { { "A=1", "B=2", "A=2" }, { { "A", NULL } }, "B=2" },
    { { "A=1" }, { { "C", "3" }, { "A", NULL }, { "C", "4" } }, "C=4" },
    { { "A=1" }, { { "A", NULL }, { "A", "2" } }, "A=2" },
    { { "A=1" }, { { "A", "2" }, { "A", NULL } }, "" },
    { { "A=1" }, { { "AA", "" }, { "B", "=x=" } }, "A=1|AA=|B==x=" },
    { { NULL }, { { "C", "3" }, { "C", "3" } }, "C=3" },
    { { NULL }, { { "NONE", NULL } }, "" },
    { { "AB=1", "A=2", "ABC=3" }, { { "AB", NULL } }, "A=2|ABC=3" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (CprocCommand) command = make_command ();

      cproc_command_set_environment (command, cases[i].base);
      for (guint j = 0; cases[i].changes[j][0] != NULL; j++)
        cproc_command_set_environment_variable (command, cases[i].changes[j][0],
                                                cases[i].changes[j][1]);
      assert_environ (command, cases[i].expected);
      g_assert_true (cproc_command_validate (command, NULL));
    }
}

/* Changes are no snapshot: what is inherited is so at the start. */
static void
test_inherited (void)
{
  g_autoptr (CprocCommand) command = make_command ();

  g_setenv ("CPROC_TEST_GIVEN", "given", TRUE);
  cproc_command_set_environment_variable (command, "CPROC_TEST_NEW", "a=b");
  g_assert_null (cproc_command_get_environment (command));
  g_assert_null (g_getenv ("CPROC_TEST_NEW"));
  assert_variable (command, "CPROC_TEST_NEW", "a=b");
  assert_variable (command, "CPROC_TEST_GIVEN", "given");
  g_setenv ("CPROC_TEST_GIVEN", "later", TRUE);
  assert_variable (command, "CPROC_TEST_GIVEN", "later");

  cproc_command_unset_environment_variable (command, "CPROC_TEST_GIVEN");
  assert_variable (command, "CPROC_TEST_GIVEN", NULL);
  g_assert_cmpstr (g_getenv ("CPROC_TEST_GIVEN"), ==, "later");
}

/* A new base keeps the changes, in whatever order the two are set. */
static void
test_base_replaced (void)
{
  const char *base[] = { "A=1", "B=2", NULL };
  g_autoptr (CprocCommand) command = make_command ();

  cproc_command_set_environment_variable (command, "A", "3");
  cproc_command_set_environment (command, base);
  assert_environ (command, "A=3|B=2");
  cproc_command_set_environment (command, base + 2);
  assert_environ (command, "A=3");
  cproc_command_set_environment (command, NULL);
  assert_variable (command, "A", "3");
  assert_variable (command, "PATH", g_getenv ("PATH"));
}

/* Odd entries of our own environment are passed as they are; those of the caller are mistakes. */
static void
test_odd_entries (void)
{
  char *odd[] = { (char *) "ODD", (char *) "=X", (char *) "A=1", (char *) "ODD", (char *) "A=2",
                  NULL };
  char **saved = environ;
  g_autoptr (CprocCommand) command = make_command ();

  cproc_command_set_environment_variable (command, "B", "3");
  environ = odd;
  assert_environ (command, "ODD|=X|A=2|ODD|B=3");
  environ = saved;
  g_assert_true (cproc_command_validate (command, NULL));
}

static void
unset_channel (void)
{
  g_unsetenv ("NODE_CHANNEL_FD");
  g_unsetenv ("NODE_CHANNEL_SERIALIZATION_MODE");
  g_unsetenv ("NODE_UNIQUE_ID");
}

static void
set_channel (const char *fd)
{
  g_setenv ("NODE_CHANNEL_FD", fd, TRUE);
  g_setenv ("NODE_CHANNEL_SERIALIZATION_MODE", "json", TRUE);
  g_setenv ("NODE_UNIQUE_ID", "1", TRUE);
}

static void
assert_channel (CprocCommand *command,
                const char   *fd)
{
  assert_variable (command, "NODE_CHANNEL_FD", fd);
  assert_variable (command, "NODE_CHANNEL_SERIALIZATION_MODE", fd != NULL ? "json" : NULL);
  assert_variable (command, "NODE_UNIQUE_ID", fd != NULL ? "1" : NULL);
}

/* The variables of our own channel go only with its descriptor. */
static void
test_channel (void)
{
  const char *own[] = { "NODE_CHANNEL_FD=7", "NODE_UNIQUE_ID=1",
                        "NODE_CHANNEL_SERIALIZATION_MODE=json", NULL };
  g_autoptr (CprocCommand) plain = make_command ();
  g_autoptr (CprocCommand) passing = make_command ();
  g_autoptr (CprocCommand) piping = make_command ();
  g_autoptr (CprocCommand) setting = make_command ();

  g_assert_true (cproc_command_pass_fd (passing, STDIN_FILENO, 7, NULL));
  cproc_command_add_pipe (piping, 7, CPROC_PIPE_DIRECTION_BOTH);
  cproc_command_set_environment_variable (setting, "NODE_UNIQUE_ID", "2");

  set_channel ("7");
  assert_channel (plain, NULL);
  assert_channel (passing, "7");
  assert_channel (piping, "7");
  assert_variable (setting, "NODE_CHANNEL_FD", NULL);
  assert_variable (setting, "NODE_UNIQUE_ID", "2");

  set_channel ("8");
  assert_channel (passing, NULL);
  set_channel ("7x");
  assert_channel (passing, NULL);
  g_unsetenv ("NODE_CHANNEL_FD");
  assert_channel (passing, NULL);
  unset_channel ();

  cproc_command_set_environment (plain, own);
  assert_channel (plain, "7");
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/command-environment/changes", test_changes);
  g_test_add_func ("/command-environment/inherited", test_inherited);
  g_test_add_func ("/command-environment/base-replaced", test_base_replaced);
  g_test_add_func ("/command-environment/odd-entries", test_odd_entries);
  g_test_add_func ("/command-environment/channel", test_channel);

  return g_test_run ();
}
