/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cproc-launch-spec-private.h"
#include "launch.h"
#include "launch-util.h"

/* Tests the spec that the library writes and the helper reads; both ends are in this program. */

static void
assert_kept (const LaunchSpec *spec,
             int               n,
             const int        *expected)
{
  const char *cursor = spec->keep;

  for (int i = 0; i < n; i++)
    g_assert_cmpint (launch_spec_next_kept (&cursor), ==, expected[i]);
  g_assert_cmpint (launch_spec_next_kept (&cursor), ==, -1);
  g_assert_cmpint (launch_spec_next_kept (&cursor), ==, -1);
}

static void
test_minimal (void)
{
  const int kept[] = { 0, 1, 2, 3 };
  LaunchSpec spec;

  g_assert_true (launch_spec_parse ("v1 me s3 k0,1,2,3", &spec));
  g_assert_cmpint (spec.mode, ==, LAUNCH_MODE_EXEC);
  g_assert_cmpint (spec.status_fd, ==, 3);
  g_assert_cmpint (spec.control_fd, ==, -1);
  g_assert_false (spec.own_group);
  g_assert_false (spec.new_session);
  g_assert_cmpint (spec.parent_pid, ==, 0);
  g_assert_cmpint (spec.nice, ==, 0);
  g_assert_cmpint (spec.umask, ==, -1);
  g_assert_cmpint (spec.uid, ==, -1);
  g_assert_cmpint (spec.gid, ==, -1);
  for (int i = 0; i < LAUNCH_N_LIMITS; i++)
    g_assert_false (spec.limits[i].is_set);
  assert_kept (&spec, G_N_ELEMENTS (kept), kept);
}

static void
test_full (void)
{
  const int kept[] = { 0, 5, 6, 1000000 };
  LaunchSpec spec;

  g_assert_true (launch_spec_parse ("v1 mt s5 c6 k0,5,6,1000000 g n p123 i-20 u511 U4294967294 G0 "
                                    "r0,1,- r15,18446744073709551614,-", &spec));
  g_assert_cmpint (spec.mode, ==, LAUNCH_MODE_TREE);
  g_assert_cmpint (spec.control_fd, ==, 6);
  g_assert_true (spec.own_group);
  g_assert_true (spec.new_session);
  g_assert_cmpint (spec.parent_pid, ==, 123);
  g_assert_cmpint (spec.nice, ==, -20);
  g_assert_cmpint (spec.umask, ==, 0777);
  g_assert_cmpint (spec.uid, ==, G_GINT64_CONSTANT (4294967294));
  g_assert_cmpint (spec.gid, ==, 0);
  g_assert_true (spec.limits[0].is_set);
  g_assert_cmpuint (spec.limits[0].soft, ==, 1);
  g_assert_true (spec.limits[0].hard == LAUNCH_UNLIMITED);
  g_assert_true (spec.limits[15].soft == LAUNCH_UNLIMITED - 1);
  g_assert_false (spec.limits[1].is_set);
  assert_kept (&spec, G_N_ELEMENTS (kept), kept);
}

static void
test_fifos (void)
{
  LaunchSpec spec;

  g_assert_true (launch_spec_parse ("v1 me s3 k0,1,2,3 o0,0 o1,1 e h", &spec));
  g_assert_cmpint (spec.opens[0], ==, O_RDONLY);
  g_assert_cmpint (spec.opens[1], ==, O_WRONLY);
  g_assert_cmpint (spec.opens[2], ==, -1);
  g_assert_true (spec.merges);
  g_assert_true (spec.holds);

  g_assert_true (launch_spec_parse ("v1 me s3 k0,1,2,3", &spec));
  for (int i = 0; i < LAUNCH_N_STREAMS; i++)
    g_assert_cmpint (spec.opens[i], ==, -1);
  g_assert_false (spec.merges);
  g_assert_false (spec.holds);
}

static void
test_malformed (void)
{
  static const char *const texts[] = {
    "", " ", "v1", "v", "v2 me s3 k3", "v01x me s3 k3", "me s3 k3 v1", " v1 me s3 k3",
    /* incomplete */
    "v1 s3 k3", "v1 me k3", "v1 me s3", "v1 me s3 k4", "v1 mt s3 k3", "v1 mt s3 c3 k3",
    "v1 mt s3 c4 k3", "v1 me s3 c4 k3,4",
    /* malformed */
    "v1 me s3 k3 ", "v1 me  s3 k3", "v1 me s3 k3 x", "v1 me s3 k3 \n", "v1 mx s3 k3", "v1 m s3 k3",
    "v1 mee s3 k3", "v1 me s k3", "v1 me s-3 k3", "v1 me s3a k3", "v1 me s3 k", "v1 me s3 k3,",
    "v1 me s3 k,3", "v1 me s3 k3,3", "v1 me s3 k4,3", "v1 me s3 k3 g1", "v1 me s3 k3 p0",
    "v1 me s3 k3 o0", "v1 me s3 k3 o3,0", "v1 me s3 k3 o0,3", "v1 me s3 k3 o0,1 o0,1",
    "v1 me s3 k3 h1", "v1 me s3 k3 h h", "v1 me s3 k3 e1",
    "v1 me s3 k3 i", "v1 me s3 k3 i-", "v1 me s3 k3 i--1", "v1 me s3 k3 i81", "v1 me s3 k3 u512",
    "v1 me s3 k3 U4294967295", "v1 me s3 k3 U-1", "v1 me s3 k3 r16,1,1", "v1 me s3 k3 r1,1",
    "v1 me s3 k3 r1,1,", "v1 me s3 k3 r1,1,1,1", "v1 me s3 k3 r,1,1",
    /* too large a number */
    "v1 me s2147483648 k3", "v1 me s3 k3,2147483648", "v1 me s3 k3 p2147483648",
    "v1 me s3 k3 r1,18446744073709551615,-", "v1 me s3 k3 r1,99999999999999999999999,-",
    /* twice */
    "v1 v1 me s3 k3", "v1 me me s3 k3", "v1 me s3 s3 k3", "v1 me s3 k3 k3", "v1 me s3 k3 g g",
    "v1 me s3 k3 r1,1,1 r1,1,1",
  };
  LaunchSpec spec;

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_test_message ("“%s”", texts[i]);
      g_assert_false (launch_spec_parse (texts[i], &spec));
    }
}

/* A spec that is cut is valid only where a token or a number may end; nothing beyond the cut is
 * read. */
static void
test_every_prefix (void)
{
  static const char text[] = "v1 me s3 k0,1,3 g p77 i5 u18 U1 G2 r7,10,20";
  guint n_valid = 0;

  for (gsize length = 0; length <= strlen (text); length++)
    {
      /* Of its own size, so that valgrind and ASan see a byte too many. */
      g_autofree char *prefix = g_strndup (text, length);
      LaunchSpec spec;

      if (launch_spec_parse (prefix, &spec))
        n_valid++;
    }

  g_assert_cmpuint (n_valid, ==, 11);
}

static char *
build (CprocCommand     *command,
       CprocContainment  containment,
       LaunchSpec       *spec)
{
  const CprocStdio modes[] = { CPROC_STDIO_NULL, CPROC_STDIO_NULL, CPROC_STDIO_NULL };
  gboolean tree = containment == CPROC_CONTAINMENT_TREE;
  CprocLaunchFds fds;
  char *text;

  cproc_launch_fds_init (&fds);
  g_assert_true (cproc_launch_fds_open (&fds, command, modes, 2, NULL));
  text = cproc_launch_spec_build (command, containment, FALSE, FALSE, &fds, fds.highest - 1,
                                  tree ? fds.highest : -1);
  cproc_launch_fds_clear (&fds);
  g_test_message ("%s", text);
  g_assert_true (launch_spec_parse (text, spec));

  return text;
}

/* The helper reads what the library has written. */
static void
test_built (void)
{
  const int kept[] = { 0, 1, 2, 4, 9, 10, 11 };
  g_autoptr(CprocCommand) command = launch_command_new ("exit", "0", NULL);
  g_autofree char *text = NULL;
  LaunchSpec spec;

  cproc_command_take_fd (command, open ("/dev/null", O_RDONLY | O_CLOEXEC), 9);
  cproc_command_add_pipe (command, 4, CPROC_PIPE_DIRECTION_READ);
  cproc_command_set_die_with_parent (command, TRUE);
  cproc_command_set_nice (command, -40);
  cproc_command_set_umask (command, 0);
  cproc_command_set_user_id (command, 0);
  cproc_command_set_group_id (command, 5);
  cproc_command_set_resource_limit (command, CPROC_RESOURCE_AS, G_MAXINT64, -1);
  cproc_command_set_resource_limit (command, CPROC_RESOURCE_CPU, 0, 1);

  text = build (command, CPROC_CONTAINMENT_TREE, &spec);
  g_assert_cmpint (spec.mode, ==, LAUNCH_MODE_TREE);
  g_assert_cmpint (spec.status_fd, ==, 10);
  g_assert_cmpint (spec.control_fd, ==, 11);
  g_assert_true (spec.own_group);
  g_assert_cmpint (spec.parent_pid, ==, getpid ());
  g_assert_cmpint (spec.nice, ==, -40);
  g_assert_cmpint (spec.umask, ==, 0);
  g_assert_cmpint (spec.uid, ==, 0);
  g_assert_cmpint (spec.gid, ==, 5);
  g_assert_cmpuint (spec.limits[CPROC_RESOURCE_AS].soft, ==, G_MAXINT64);
  g_assert_true (spec.limits[CPROC_RESOURCE_AS].hard == LAUNCH_UNLIMITED);
  g_assert_cmpuint (spec.limits[CPROC_RESOURCE_CPU].hard, ==, 1);
  assert_kept (&spec, G_N_ELEMENTS (kept), kept);
}

static void
test_built_group (void)
{
  const struct
  {
    CprocContainment containment;
    gboolean new_session;
    gboolean own_group;
  } cases[] = {
    { CPROC_CONTAINMENT_NONE, FALSE, FALSE }, { CPROC_CONTAINMENT_GROUP, FALSE, TRUE },
    /* The leader of a session leads a group already, and may not ask for one. */
    { CPROC_CONTAINMENT_NONE, TRUE, FALSE },  { CPROC_CONTAINMENT_GROUP, TRUE, FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(CprocCommand) command = launch_command_new ("exit", "0", NULL);
      g_autofree char *text = NULL;
      LaunchSpec spec;

      cproc_command_set_new_session (command, cases[i].new_session);
      text = build (command, cases[i].containment, &spec);
      g_assert_cmpint (spec.mode, ==, LAUNCH_MODE_EXEC);
      g_assert_cmpint (spec.own_group, ==, cases[i].own_group);
      g_assert_cmpint (spec.new_session, ==, cases[i].new_session);
    }
}

static void
test_argv (void)
{
  const char *const argv[] = { "program", "a", "", "b", NULL };
  const char *const one[] = { "program", NULL };
  g_autofree const char **full = cproc_launch_build_argv ("/helper", "v1", "/tmp", "name", argv);
  g_autofree const char **least = cproc_launch_build_argv ("/helper", "v1", NULL, NULL, one);
  const char *const expected[] = { "/helper", "v1", "/tmp", "program", "name", "a", "", "b", NULL };
  const char *const expected_least[] = { "/helper", "v1", "", "program", "program", NULL };

  g_assert_true (g_strv_equal (full, expected));
  g_assert_true (g_strv_equal (least, expected_least));
  g_assert_cmpint (g_strv_length ((char **) least), ==, LAUNCH_N_ARGS);
}

static void
assert_open (int      first,
             int      last,
             gboolean is_open)
{
  for (int fd = first; fd <= last; fd++)
    g_assert_cmpint (fcntl (fd, F_GETFD) >= 0, ==, is_open);
}

/* What kernels before Linux 5.9 get instead of close_range(). */
static void
test_close_listed (void)
{
  if (g_test_subprocess ())
    {
      for (int fd = 100; fd < 900; fd++)
        g_assert_cmpint (dup2 (STDERR_FILENO, fd), ==, fd);

      /* More of them than one read of the list brings. */
      launch_close_listed (150, 849);
      assert_open (0, 2, TRUE);
      assert_open (100, 149, TRUE);
      assert_open (150, 849, FALSE);
      assert_open (850, 899, TRUE);
      launch_close_listed (100, G_MAXINT);
      assert_open (100, 899, FALSE);
      return;
    }

  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_passed ();
}

static void
test_close_others (void)
{
  if (g_test_subprocess ())
    {
      LaunchRecord failure = { 0 };
      LaunchSpec spec;

      for (int fd = 100; fd < 200; fd++)
        g_assert_cmpint (dup2 (STDERR_FILENO, fd), ==, fd);
      g_assert_true (launch_spec_parse ("v1 me s150 k0,1,2,120,121,150", &spec));
      g_assert_true (launch_close_others (&spec, &failure));
      assert_open (100, 119, FALSE);
      assert_open (120, 121, TRUE);
      assert_open (122, 149, FALSE);
      assert_open (150, 150, TRUE);
      assert_open (151, 199, FALSE);
      g_assert_cmpint (fcntl (121, F_GETFD), ==, 0);
      g_assert_cmpint (fcntl (150, F_GETFD), ==, FD_CLOEXEC);

      /* One that is not there. */
      g_assert_true (launch_spec_parse ("v1 me s151 k0,1,2,151", &spec));
      g_assert_false (launch_close_others (&spec, &failure));
      g_assert_cmpint (failure.step, ==, LAUNCH_STEP_DESCRIPTORS);
      return;
    }

  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_passed ();
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/launch-spec/minimal", test_minimal);
  g_test_add_func ("/launch-spec/full", test_full);
  g_test_add_func ("/launch-spec/fifos", test_fifos);
  g_test_add_func ("/launch-spec/malformed", test_malformed);
  g_test_add_func ("/launch-spec/every-prefix", test_every_prefix);
  g_test_add_func ("/launch-spec/built", test_built);
  g_test_add_func ("/launch-spec/built-group", test_built_group);
  g_test_add_func ("/launch-spec/argv", test_argv);
  g_test_add_func ("/launch-spec/close-listed", test_close_listed);
  g_test_add_func ("/launch-spec/close-others", test_close_others);

  return g_test_run ();
}
