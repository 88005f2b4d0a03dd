/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <string.h>
#include <unistd.h>

#include "cproc-terminal-line-private.h"

#define LONGEST CPROC_TERMINAL_MAX_LINE

/* The modes that Linux gives a new terminal, as far as they matter here. */
static void
init_modes (struct termios *modes)
{
  memset (modes, 0, sizeof *modes);
  modes->c_iflag = ICRNL | IXON;
  modes->c_lflag = ISIG | ICANON | ECHO | IEXTEN;
  modes->c_cc[VINTR] = 0x03;
  modes->c_cc[VQUIT] = 0x1c;
  modes->c_cc[VERASE] = 0x7f;
  modes->c_cc[VKILL] = 0x15;
  modes->c_cc[VEOF] = 0x04;
  modes->c_cc[VSTART] = 0x11;
  modes->c_cc[VSTOP] = 0x13;
  modes->c_cc[VSUSP] = 0x1a;
  modes->c_cc[VREPRINT] = 0x12;
  modes->c_cc[VWERASE] = 0x17;
  modes->c_cc[VLNEXT] = 0x16;
  modes->c_cc[VEOL] = _POSIX_VDISABLE;
  modes->c_cc[VEOL2] = _POSIX_VDISABLE;
}

static gboolean
type (CprocTerminalLine    *line,
      const struct termios *modes,
      const char           *text)
{
  return cproc_terminal_line_type (line, modes, text, strlen (text));
}

/* Fills the line up to the last byte but some. */
static CprocTerminalLine
line_with_room (guint n)
{
  return (CprocTerminalLine) { .length = LONGEST - n };
}

static void
test_length (void)
{
  struct termios modes;
  CprocTerminalLine line = { 0 };
  g_autofree char *full = g_strnfill (LONGEST, 'x');
  g_autofree char *more = g_strnfill (LONGEST + 1, 'x');
  g_autofree char *two = g_strconcat (full, "\n", full, "\n", NULL);

  init_modes (&modes);
  g_assert_true (type (&line, &modes, full));
  g_assert_cmpuint (line.length, ==, LONGEST);
  g_assert_true (type (&line, &modes, "\n"));
  g_assert_cmpuint (line.length, ==, 0);
  g_assert_true (type (&line, &modes, two));
  g_assert_false (type (&line, &modes, more));

  line = line_with_room (1);
  g_assert_true (type (&line, &modes, "a"));
  g_assert_false (type (&line, &modes, "b"));
}

typedef struct
{
  const char *text; /* typed with room for one byte */
  gboolean fits;
} Case;

static void
test_keys (void)
{
  /* After each: is there room for two more? */
  static const Case cases[] = {
    { "\n", TRUE },   { "\r", TRUE },     { "\004", TRUE },   { "\025", TRUE },
    { "\003", TRUE }, { "\032", TRUE },   { "\034", TRUE },   { "\177", TRUE },
    { "x", FALSE },   { "\021", FALSE },  { "\023", FALSE },  { "\027", FALSE },
    { "\022", FALSE }, { "\026\n", FALSE }, { "\026\003", FALSE }, { "\026", FALSE },
  };
  struct termios modes;

  init_modes (&modes);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      CprocTerminalLine line = line_with_room (1);

      g_test_message ("case %u", i);
      g_assert_true (type (&line, &modes, cases[i].text));
      g_assert_cmpint (type (&line, &modes, "yy"), ==, cases[i].fits);
    }
}

/* What a key does depends on the modes. */
static void
test_modes (void)
{
  struct termios modes;
  CprocTerminalLine line = line_with_room (0);

  init_modes (&modes);
  modes.c_iflag &= ~ICRNL;
  g_assert_false (type (&line, &modes, "\r"));

  init_modes (&modes);
  modes.c_iflag |= IGNCR;
  line = line_with_room (0);
  g_assert_true (type (&line, &modes, "\r"));
  g_assert_false (type (&line, &modes, "x"));

  init_modes (&modes);
  modes.c_lflag &= ~ISIG;
  line = line_with_room (0);
  g_assert_false (type (&line, &modes, "\003"));

  init_modes (&modes);
  modes.c_lflag |= NOFLSH;
  line = line_with_room (0);
  g_assert_true (type (&line, &modes, "\003"));
  g_assert_false (type (&line, &modes, "x"));

  init_modes (&modes);
  modes.c_iflag &= ~IXON;
  line = line_with_room (0);
  g_assert_false (type (&line, &modes, "\023"));

  init_modes (&modes);
  modes.c_lflag &= ~IEXTEN;
  line = line_with_room (0);
  g_assert_false (type (&line, &modes, "\026"));

  init_modes (&modes);
  modes.c_cc[VEOL] = ';';
  line = line_with_room (0);
  g_assert_true (type (&line, &modes, ";x"));
  g_assert_cmpuint (line.length, ==, 1);
}

/* A disabled key has the value 0, and a byte 0 is text. */
static void
test_disabled (void)
{
  struct termios modes;
  CprocTerminalLine line = line_with_room (1);

  init_modes (&modes);
  modes.c_cc[VERASE] = _POSIX_VDISABLE;
  g_assert_true (cproc_terminal_line_type (&line, &modes, "\0", 1));
  g_assert_false (cproc_terminal_line_type (&line, &modes, "\0", 1));
}

static void
test_raw (void)
{
  struct termios modes;
  CprocTerminalLine line = line_with_room (0);
  g_autofree char *much = g_strnfill (10 * LONGEST, 'x');

  init_modes (&modes);
  modes.c_lflag &= ~ICANON;
  g_assert_true (type (&line, &modes, much));
  g_assert_cmpuint (line.length, ==, 0);
}

/* The erase key in an empty line deletes nothing. */
static void
test_erase_empty (void)
{
  struct termios modes;
  CprocTerminalLine line = { 0 };

  init_modes (&modes);
  g_assert_true (type (&line, &modes, "\177\177ab\177"));
  g_assert_cmpuint (line.length, ==, 1);
}

static void
assert_end (const char *typed,
            gboolean    raw,
            guint       n)
{
  struct termios modes;
  CprocTerminalLine line = { 0 };
  char end[3];

  init_modes (&modes);
  if (raw)
    modes.c_lflag &= ~ICANON;
  g_assert_true (type (&line, &modes, typed));
  g_assert_cmpuint (cproc_terminal_line_get_end (&line, &modes, end), ==, n);
  for (guint i = 0; i < n; i++)
    g_assert_cmpint (end[i], ==, 0x04);

  modes.c_cc[VEOF] = _POSIX_VDISABLE;
  g_assert_cmpuint (cproc_terminal_line_get_end (&line, &modes, end), ==, 0);
}

static void
test_end (void)
{
  assert_end ("", FALSE, 1);
  assert_end ("ab\n", FALSE, 1);
  assert_end ("ab", FALSE, 2);
  assert_end ("ab\004", FALSE, 1);
  assert_end ("\026", FALSE, 3);
  assert_end ("ab", TRUE, 1);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/terminal-line/length", test_length);
  g_test_add_func ("/terminal-line/keys", test_keys);
  g_test_add_func ("/terminal-line/modes", test_modes);
  g_test_add_func ("/terminal-line/disabled", test_disabled);
  g_test_add_func ("/terminal-line/raw", test_raw);
  g_test_add_func ("/terminal-line/erase-empty", test_erase_empty);
  g_test_add_func ("/terminal-line/end", test_end);

  return g_test_run ();
}
