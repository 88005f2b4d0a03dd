/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-launch-pid-private.h"

static int place = -1; /* atomic */

static gsize
get_instance_size (void)
{
  GTypeQuery query;

  g_type_query (G_TYPE_SUBPROCESS, &query);

  return query.instance_size;
}

static void
learn_place (GSubprocess *subprocess,
             const char  *identifier)
{
  guintptr start = (guintptr) subprocess;
  guintptr text = (guintptr) identifier;

  if (text > start && text - start < get_instance_size ())
    g_atomic_int_set (&place, (int) (text - start));
}

/* Nothing but a whole number will do. */
static gint64
read_number (const char *text,
             gsize       size)
{
  gint64 number = 0;
  gsize i;

  for (i = 0; i < size && g_ascii_isdigit (text[i]) && number <= G_MAXINT32; i++)
    number = number * 10 + g_ascii_digit_value (text[i]);

  return i > 0 && i < size && text[i] == '\0' && number <= G_MAXINT32 ? number : 0;
}

gint64
cproc_launch_pid_read (GSubprocess *subprocess)
{
  const char *identifier = g_subprocess_get_identifier (subprocess);
  int known = g_atomic_int_get (&place);

  if (identifier != NULL && known < 0)
    learn_place (subprocess, identifier);
  if (identifier != NULL)
    return g_ascii_strtoll (identifier, NULL, 10);
  if (known < 0)
    return 0;

  return read_number ((const char *) subprocess + known, get_instance_size () - known);
}

gboolean
cproc_launch_pid_is_known (void)
{
  return g_atomic_int_get (&place) >= 0;
}
