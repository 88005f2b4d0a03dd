/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <string.h>

#include "child-util.h"

/* What the tests of reads share. */

#define MAX_KEPT (256 * 1024)

static inline void
read_line (CprocChild    *child,
           GAsyncResult **result)
{
  cproc_child_read_line_async (child, CPROC_STREAM_STDOUT, NULL, test_store_result, result);
}

/* Frees the result. */
static inline char *
finish_line (CprocChild    *child,
             GAsyncResult **result)
{
  g_autoptr(GError) error = NULL;
  char *line;

  test_await (result);
  line = cproc_child_read_line_finish (child, *result, &error);
  g_assert_no_error (error);
  g_clear_object (result);

  return line;
}

static inline void
assert_line_fails (CprocChild    *child,
                   GAsyncResult **result,
                   GQuark         domain,
                   int            code)
{
  g_autoptr(GError) error = NULL;

  test_await (result);
  g_assert_null (cproc_child_read_line_finish (child, *result, &error));
  g_assert_error (error, domain, code);
  g_clear_object (result);
}

static inline void
assert_next_line (CprocChild  *child,
                  CprocStream  stream,
                  const char  *expected)
{
  g_autoptr(GAsyncResult) result = NULL;
  g_autofree char *line = NULL;

  cproc_child_read_line_async (child, stream, NULL, test_store_result, &result);
  line = finish_line (child, &result);
  g_assert_cmpstr (line, ==, expected);
}

static inline GBytes *
read_bytes (CprocChild *child,
            gsize       count)
{
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  GBytes *bytes;

  cproc_child_read_async (child, CPROC_STREAM_STDOUT, count, NULL, test_store_result, &result);
  test_await (&result);
  bytes = cproc_child_read_finish (child, result, &error);
  g_assert_no_error (error);

  return bytes;
}

static inline void
assert_next_bytes (CprocChild *child,
                   gsize       count,
                   const char *expected)
{
  g_autoptr(GBytes) bytes = read_bytes (child, count);

  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes),
                   expected, strlen (expected));
}

/* How much the program that runs `child write` has written so far, and whether it waits. */
static inline guint64
get_written_bytes (CprocChild *child,
                   gboolean   *is_asleep)
{
  g_autofree char *io_path = g_strdup_printf ("/proc/%" G_GINT64_FORMAT "/io",
                                              cproc_child_get_pid (child));
  g_autofree char *stat_path = g_strdup_printf ("/proc/%" G_GINT64_FORMAT "/stat",
                                                cproc_child_get_pid (child));
  g_autofree char *io = NULL;
  g_autofree char *stat = NULL;
  const char *field = NULL;

  if (g_file_get_contents (io_path, &io, NULL, NULL))
    field = strstr (io, "wchar: ");
  *is_asleep = g_file_get_contents (stat_path, &stat, NULL, NULL) && strstr (stat, ") S ") != NULL;

  return field != NULL ? g_ascii_strtoull (field + strlen ("wchar: "), NULL, 10) : 0;
}

/* Runs the main loop until the child waits for us. Returns how much it has written. */
static inline guint64
await_blocked (CprocChild *child)
{
  guint64 before = G_MAXUINT64;

  while (TRUE)
    {
      gboolean is_asleep;
      guint64 now = get_written_bytes (child, &is_asleep);

      while (g_main_context_iteration (NULL, FALSE))
        is_asleep = FALSE;
      if (is_asleep && now == before && now > 0)
        return now;
      before = now;
      g_usleep (2000);
    }
}
