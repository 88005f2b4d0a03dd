/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <string.h>

#include "cproc-read-buffer-private.h"

static GBytes *
hand_out (char        fill,
          const char **data)
{
  g_autoptr(CprocReadBuffer) buffer = cproc_read_buffer_take (CPROC_READ_SIZE);

  memset (buffer->data, fill, CPROC_READ_SIZE);
  *data = buffer->data;

  return cproc_read_buffer_get_bytes (buffer, CPROC_READ_SIZE);
}

/* What nobody has kept is read into again. */
static void
test_reused (void)
{
  const char *first, *second;
  GBytes *bytes = hand_out ('a', &first);
  g_autofree char *other = NULL;

  g_assert_true (g_bytes_get_data (bytes, NULL) == first);
  g_bytes_unref (bytes);

  other = g_malloc (CPROC_READ_SIZE);
  g_assert_true (other != first);
  bytes = hand_out ('b', &second);
  g_assert_true (second == first);
  g_bytes_unref (bytes);
}

static void
test_kept (void)
{
  const char *first, *second;
  g_autoptr(GBytes) kept = hand_out ('a', &first);
  g_autoptr(GBytes) G_GNUC_UNUSED bytes = hand_out ('b', &second);
  const char *data = g_bytes_get_data (kept, NULL);

  g_assert_true (second != first);
  g_assert_cmpint (data[0], ==, 'a');
  g_assert_cmpint (data[CPROC_READ_SIZE - 1], ==, 'a');
}

static void
test_sizes (void)
{
  static const gsize sizes[] = { CPROC_READ_SIZE, 2 * CPROC_READ_SIZE, CPROC_READ_SIZE };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr(CprocReadBuffer) buffer = cproc_read_buffer_take (sizes[i]);

      g_assert_cmpuint (buffer->size, ==, sizes[i]);
      memset (buffer->data, 'x', sizes[i]);
      g_assert_true (cproc_read_buffer_contains (buffer, buffer->data + sizes[i] - 1));
      g_assert_false (cproc_read_buffer_contains (buffer, buffer->data + sizes[i]));
    }
}

static gpointer
end_bytes (gpointer data)
{
  g_autoptr(CprocReadBuffer) buffer = NULL;

  g_bytes_unref (data);
  buffer = cproc_read_buffer_take (CPROC_READ_SIZE);
  g_assert_true (buffer->thread == g_thread_self ());

  return NULL;
}

/* A thread that reads nothing keeps no buffer of another's. */
static void
test_other_thread (void)
{
  const char *data;
  GThread *thread = g_thread_new ("end", end_bytes, hand_out ('a', &data));

  g_thread_join (thread);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/read-buffer/reused", test_reused);
  g_test_add_func ("/read-buffer/kept", test_kept);
  g_test_add_func ("/read-buffer/sizes", test_sizes);
  g_test_add_func ("/read-buffer/other-thread", test_other_thread);

  return g_test_run ();
}
