/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A text that the launch helper takes for its orders says what they are: written out again and
 * read again they are the same, and each is within its bounds. */

#include "config.h"

#include <glib.h>
#include <string.h>

#include "fuzz.h"
#include "launch-spec.h"

static void
append_limit (GString    *text,
              uint64_t    value)
{
  if (value == LAUNCH_UNLIMITED)
    g_string_append (text, ",-");
  else
    g_string_append_printf (text, ",%" G_GUINT64_FORMAT, (guint64) value);
}

static void
append_kept (GString          *text,
             const LaunchSpec *spec)
{
  const char *cursor = spec->keep;
  int last = -1;
  int fd;

  g_string_append (text, " k");
  while ((fd = launch_spec_next_kept (&cursor)) >= 0)
    {
      g_assert_cmpint (fd, >, last);
      g_string_append_printf (text, "%s%d", last >= 0 ? "," : "", fd);
      last = fd;
    }
  g_assert_cmpint (last, >=, spec->status_fd);
  g_assert_cmpint (last, >=, spec->control_fd);
}

static char *
write_spec (const LaunchSpec *spec)
{
  GString *text = g_string_new ("v1");

  g_string_append_printf (text, " m%c s%d", (char) spec->mode, spec->status_fd);
  if (spec->control_fd >= 0)
    g_string_append_printf (text, " c%d", spec->control_fd);
  append_kept (text, spec);
  g_string_append (text, spec->own_group ? " g" : "");
  g_string_append (text, spec->new_session ? " n" : "");
  if (spec->parent_pid != 0)
    g_string_append_printf (text, " p%d", spec->parent_pid);
  g_string_append_printf (text, " i%d", spec->nice);
  if (spec->umask >= 0)
    g_string_append_printf (text, " u%d", spec->umask);
  if (spec->uid >= 0)
    g_string_append_printf (text, " U%" G_GINT64_FORMAT, (gint64) spec->uid);
  if (spec->gid >= 0)
    g_string_append_printf (text, " G%" G_GINT64_FORMAT, (gint64) spec->gid);
  for (int i = 0; i < LAUNCH_N_LIMITS; i++)
    if (spec->limits[i].is_set)
      {
        g_string_append_printf (text, " r%d", i);
        append_limit (text, spec->limits[i].soft);
        append_limit (text, spec->limits[i].hard);
      }

  return g_string_free (text, FALSE);
}

static void
check_bounds (const LaunchSpec *spec)
{
  g_assert_true (spec->mode == LAUNCH_MODE_EXEC || spec->mode == LAUNCH_MODE_TREE);
  g_assert_cmpint (spec->status_fd, >=, 0);
  g_assert_true ((spec->control_fd >= 0) == (spec->mode == LAUNCH_MODE_TREE));
  g_assert_cmpint (spec->parent_pid, >=, 0);
  g_assert_cmpint (ABS (spec->nice), <=, 80);
  g_assert_cmpint (spec->umask, <=, 0777);
  g_assert_cmpint (spec->uid, <, G_MAXUINT32);
  g_assert_cmpint (spec->gid, <, G_MAXUINT32);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         size)
{
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_autofree char *written = NULL;
  g_autofree char *again = NULL;
  LaunchSpec spec, other;

  if (!launch_spec_parse (text, &spec))
    return 0;

  check_bounds (&spec);
  written = write_spec (&spec);
  g_assert_true (launch_spec_parse (written, &other));
  again = write_spec (&other);
  g_assert_cmpstr (again, ==, written);

  return 0;
}
