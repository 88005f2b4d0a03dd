/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-escape-filter-private.h"

#include <string.h>

static const struct
{
  const char *name;
  const char *text;
  const char *left;
} samples[] = {
  { "plain", "päivää 你好 🙂\n", "päivää 你好 🙂\n" },
  { "colours", "\033[1;31mred\033[0m and \033[mplain", "red and plain" },
  { "private", "\033[?2004h$ \033[?2004l", "$ " },
  { "intermediate", "\033[1 qbar\033(B\033#8x", "barx" },
  { "title-bell", "\033]0;a title\007$ ", "$ " },
  { "title-st", "\033]0;a title\033\\$ ", "$ " },
  { "link", "\033]8;;https://example.org\033\\here\033]8;;\033\\!", "here!" },
  { "device-control", "a\033P1$r0m\033\\b", "ab" },
  { "other-strings", "a\033Xsos\033\\b\033^pm\033\\c\033_apc\033\\d", "abcd" },
  { "single", "a\0337b\0338c\033=d\033cE", "abcdE" },
  { "c1-control", "a\302\2331mb", "ab" },
  { "c1-string", "a\302\2350;t\302\234b\302\2200;t\302\234c", "abc" },
  { "c1-alone", "a\302\205b", "a\302\205b" },
  { "escape-in-control", "a\033[1\033[2mb", "ab" },
  { "string-without-end", "a\033]0;t\033[1mb", "ab" },
  { "cancelled", "a\033[1\030b\033]0;x\032c", "abc" },
  { "two-escapes", "a\033\033[1mb", "ab" },
  { "unfinished", "a\033[1;3", "a" },
  { "line-ends", "a\r\nb\r\r\nc\rd\n", "a\nb\nc\rd\n" },
  { "return-at-the-end", "a\r", "a\r" },
  { "escape-before-line-end", "a\r\033[K\nb", "a\nb" },
  { "not-latin", "\033[31mкрасный\033[0m", "красный" },
};

static char *
filter (const char *text,
        gsize       first,
        gsize       second,
        gboolean    strip_escapes)
{
  CprocEscapeFilter self = { 0 };
  g_autoptr (GString) out = g_string_new (NULL);

  cproc_escape_filter_apply (&self, text, first, strip_escapes, out);
  cproc_escape_filter_apply (&self, text + first, second - first, strip_escapes, out);
  cproc_escape_filter_apply (&self, text + second, strlen (text) - second, strip_escapes, out);
  cproc_escape_filter_flush (&self, out);

  return g_strdup (out->str);
}

/* Each sample, cut in two places in every way that leaves characters whole. */
static void
test_sample (gconstpointer data)
{
  const char *text = samples[GPOINTER_TO_UINT (data)].text;
  const char *left = samples[GPOINTER_TO_UINT (data)].left;
  gsize length = strlen (text);

  for (gsize first = 0; first <= length; first++)
    for (gsize second = first; second <= length; second++)
      if ((text[first] & 0xc0) != 0x80 && (text[second] & 0xc0) != 0x80)
        {
          g_autofree char *out = filter (text, first, second, TRUE);

          g_assert_cmpstr (out, ==, left);
        }
}

static void
test_kept (void)
{
  g_autofree char *out = filter ("\033[1mbold\033[0m\r\n\033]0;t\007$ ", 3, 9, FALSE);

  g_assert_cmpstr (out, ==, "\033[1mbold\033[0m\n\033]0;t\007$ ");
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (samples); i++)
    {
      g_autofree char *path = g_strdup_printf ("/escape-filter/%s", samples[i].name);

      g_test_add_data_func (path, GUINT_TO_POINTER (i), test_sample);
    }
  g_test_add_func ("/escape-filter/kept", test_kept);

  return g_test_run ();
}
