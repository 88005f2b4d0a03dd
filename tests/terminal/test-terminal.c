/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "child-util.h"
#include "cproc-terminal-private.h"
#include "cproc-terminal-typing-private.h"

/* One terminal, without a process. */

static const CprocTerminalSetup plain = { .columns = 80, .rows = 24, .is_utf8 = TRUE };

static CprocTerminal *
terminal_new (const CprocTerminalSetup *setup)
{
  g_autoptr(GError) error = NULL;
  CprocTerminal *self = cproc_terminal_new (setup, &error);

  g_assert_no_error (error);
  g_assert_nonnull (self);

  return self;
}

static void
test_descriptors (void)
{
  guint n_fds = test_count_fds ();
  CprocTerminal *terminal = terminal_new (&plain);
  const int fds[] = { terminal->master, terminal->peer };

  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    {
      g_assert_cmpint (fds[i], >=, 64);
      g_assert_cmpint (fcntl (fds[i], F_GETFD), ==, FD_CLOEXEC);
      g_assert_true (isatty (fds[i]));
    }
  g_assert_cmpint (fcntl (terminal->master, F_GETFL) & O_NONBLOCK, !=, 0);
  g_assert_cmpint (fcntl (terminal->peer, F_GETFL) & O_NONBLOCK, ==, 0);

  cproc_terminal_free (terminal);
  g_assert_cmpuint (test_count_fds (), ==, n_fds);
}

static void
test_size (void)
{
  const CprocTerminalSetup setup = { .columns = 132, .rows = 65535 };
  g_autoptr(CprocTerminal) terminal = terminal_new (&setup);
  g_autoptr(GError) error = NULL;
  struct winsize size;

  g_assert_cmpint (ioctl (terminal->peer, TIOCGWINSZ, &size), ==, 0);
  g_assert_cmpuint (size.ws_col, ==, 132);
  g_assert_cmpuint (size.ws_row, ==, 65535);

  g_assert_true (cproc_terminal_resize (terminal, 1, 2, &error));
  g_assert_no_error (error);
  g_assert_cmpint (ioctl (terminal->peer, TIOCGWINSZ, &size), ==, 0);
  g_assert_cmpuint (size.ws_col, ==, 1);
  g_assert_cmpuint (size.ws_row, ==, 2);
}

static void
get_modes (CprocTerminal  *terminal,
           struct termios *modes)
{
  g_assert_cmpint (tcgetattr (terminal->peer, modes), ==, 0);
}

static void
test_modes (void)
{
  CprocTerminalSetup setup = plain;
  g_autoptr(CprocTerminal) terminal = terminal_new (&setup);
  struct termios modes;

  get_modes (terminal, &modes);
  g_assert_cmpuint (modes.c_lflag & (ICANON | ECHO | ISIG), ==, ICANON | ECHO | ISIG);
  g_assert_cmpuint (modes.c_oflag & (OPOST | ONLCR), ==, OPOST | ONLCR);
  g_assert_cmpuint (modes.c_iflag & IUTF8, ==, IUTF8);

  setup.flags = CPROC_TERMINAL_FLAGS_NO_ECHO;
  setup.is_utf8 = FALSE;
  cproc_terminal_set_up (terminal, &setup);
  get_modes (terminal, &modes);
  g_assert_cmpuint (modes.c_lflag & (ICANON | ECHO | ISIG), ==, ICANON | ISIG);
  g_assert_cmpuint (modes.c_iflag & IUTF8, ==, 0);

  setup.flags = CPROC_TERMINAL_FLAGS_RAW;
  cproc_terminal_set_up (terminal, &setup);
  get_modes (terminal, &modes);
  g_assert_cmpuint (modes.c_lflag & (ICANON | ECHO | ISIG), ==, 0);
  g_assert_cmpuint (modes.c_oflag & OPOST, ==, 0);

  /* Each begins with the modes of a new terminal. */
  setup.flags = CPROC_TERMINAL_FLAGS_NONE;
  cproc_terminal_set_up (terminal, &setup);
  get_modes (terminal, &modes);
  g_assert_cmpuint (modes.c_lflag & (ICANON | ECHO | ISIG), ==, ICANON | ECHO | ISIG);
}

static char *
read_line (CprocTerminal *terminal)
{
  char *line = g_malloc (8192);
  gssize n = read (terminal->peer, line, 8191);

  g_assert_cmpint (n, >=, 0);
  line[n] = '\0';

  return line;
}

/* The longest line that the check allows comes whole, and one byte more would be lost. */
static void
test_longest_line (void)
{
  const CprocTerminalSetup setup = { 80, 24, CPROC_TERMINAL_FLAGS_NO_ECHO, FALSE };
  g_autoptr(CprocTerminal) terminal = terminal_new (&setup);
  g_autofree char *text = g_strnfill (CPROC_TERMINAL_MAX_LINE, 'x');
  g_autofree char *whole = g_strconcat (text, "\n", NULL);
  g_autofree char *longer = g_strconcat ("y", whole, NULL);
  g_autofree char *line = NULL;
  CprocTerminalLine typed = { 0 };
  g_autoptr(GError) error = NULL;

  g_assert_true (cproc_terminal_typing_check (&typed, terminal->master, whole, strlen (whole),
                                              &error));
  g_assert_no_error (error);
  g_assert_cmpint (cproc_terminal_typing_write (&typed, terminal->master, whole, strlen (whole)),
                   ==, strlen (whole));
  line = read_line (terminal);
  g_assert_cmpstr (line, ==, whole);

  g_assert_false (cproc_terminal_typing_check (&typed, terminal->master, longer, strlen (longer),
                                               &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE);
  g_clear_error (&error);
  g_clear_pointer (&line, g_free);
  g_assert_cmpint (write (terminal->master, longer, strlen (longer)), ==, strlen (longer));
  line = read_line (terminal);
  g_assert_cmpuint (strlen (line), <, strlen (longer));
}

/* No check where there are no lines. */
static void
test_raw (void)
{
  const CprocTerminalSetup setup = { 80, 24, CPROC_TERMINAL_FLAGS_RAW, FALSE };
  g_autoptr(CprocTerminal) terminal = terminal_new (&setup);
  g_autofree char *text = g_strnfill (100000, 'x');
  CprocTerminalLine typed = { 0 };

  g_assert_true (cproc_terminal_typing_check (&typed, terminal->master, text, strlen (text), NULL));
}

static void
test_no_descriptors (void)
{
  struct rlimit limit, none;
  g_autoptr(GError) error = NULL;

  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  none = limit;
  none.rlim_cur = 3;
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &none), ==, 0);
  g_assert_null (cproc_terminal_new (&plain, &error));
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TOO_MANY_OPEN_FILES);
  g_assert_nonnull (strstr (error->message, "terminal"));
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/terminal/descriptors", test_descriptors);
  g_test_add_func ("/terminal/size", test_size);
  g_test_add_func ("/terminal/modes", test_modes);
  g_test_add_func ("/terminal/longest-line", test_longest_line);
  g_test_add_func ("/terminal/raw", test_raw);
  g_test_add_func ("/terminal/no-descriptors", test_no_descriptors);

  return g_test_run ();
}
