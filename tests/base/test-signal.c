/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <signal.h>
#include <string.h>

#include <libcproc.h>

static void
test_names (void)
{
  const struct
  {
    int signum;
    const char *name;
  } signals[] = {
    { SIGHUP, "SIGHUP" },   { SIGINT, "SIGINT" },   { SIGKILL, "SIGKILL" }, { SIGSEGV, "SIGSEGV" },
    { SIGTERM, "SIGTERM" }, { SIGUSR1, "SIGUSR1" }, { SIGCHLD, "SIGCHLD" },
    { SIGWINCH, "SIGWINCH" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    {
      g_autofree char *name = cproc_signal_to_string (signals[i].signum);

      g_assert_cmpstr (name, ==, signals[i].name);
      g_assert_cmpint (cproc_signal_from_string (name), ==, signals[i].signum);
      g_assert_cmpint (cproc_signal_from_string (name + strlen ("SIG")), ==, signals[i].signum);
    }
}

static void
test_real_time (void)
{
  g_autofree char *first = cproc_signal_to_string (SIGRTMIN);
  g_autofree char *third = cproc_signal_to_string (SIGRTMIN + 2);

  g_assert_cmpstr (first, ==, "SIGRTMIN+0");
  g_assert_cmpint (cproc_signal_from_string (third), ==, SIGRTMIN + 2);
}

static void
test_none (void)
{
  const int numbers[] = { 0, -1, G_MININT, NSIG, G_MAXINT };
  const char *names[] = { "", "SIG", "SIGNONE", "sigterm", "SIGTERM ", "0" };

  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
    g_assert_null (cproc_signal_to_string (numbers[i]));
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    g_assert_cmpint (cproc_signal_from_string (names[i]), ==, 0);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/signal/names", test_names);
  g_test_add_func ("/signal/real-time", test_real_time);
  g_test_add_func ("/signal/none", test_none);

  return g_test_run ();
}
