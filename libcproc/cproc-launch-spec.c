/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-launch-spec-private.h"

#include <unistd.h>

G_STATIC_ASSERT (LAUNCH_N_LIMITS == RLIM_NLIMITS);

static int
compare_numbers (gconstpointer a,
                 gconstpointer b)
{
  int left = *(const int *) a;
  int right = *(const int *) b;

  return (left > right) - (left < right);
}

static void
append_kept (GString              *spec,
             const CprocLaunchFds *fds,
             int                   status_fd,
             int                   control_fd)
{
  g_autoptr(GArray) numbers = g_array_new (FALSE, FALSE, sizeof (int));

  for (guint i = 0; i < fds->child->len; i++)
    g_array_append_val (numbers, g_array_index (fds->child, CprocCommandFd, i).target_fd);
  g_array_append_val (numbers, status_fd);
  if (control_fd >= 0)
    g_array_append_val (numbers, control_fd);
  g_array_sort (numbers, compare_numbers);

  g_string_append (spec, " k");
  for (guint i = 0; i < numbers->len; i++)
    g_string_append_printf (spec, "%s%d", i > 0 ? "," : "", g_array_index (numbers, int, i));
}

static void
append_limit_value (GString *spec,
                    gint64   value)
{
  if (value < 0)
    g_string_append (spec, ",-");
  else
    g_string_append_printf (spec, ",%" G_GINT64_FORMAT, value);
}

static void
append_limits (GString            *spec,
               const CprocCommand *command)
{
  for (guint i = 0; i < command->limits->len; i++)
    {
      const CprocCommandLimit *limit = &g_array_index (command->limits, CprocCommandLimit, i);

      /* It has been validated. */
      g_assert (limit->resource >= 0 && limit->resource < LAUNCH_N_LIMITS);

      g_string_append_printf (spec, " r%d", limit->resource);
      append_limit_value (spec, limit->soft);
      append_limit_value (spec, limit->hard);
    }
}

char *
cproc_launch_spec_build (const CprocCommand   *command,
                         CprocContainment      containment,
                         const CprocLaunchFds *fds,
                         int                   status_fd,
                         int                   control_fd)
{
  GString *spec = g_string_new (NULL);

  g_string_append_printf (spec, "v%d m%c s%d", LAUNCH_SPEC_VERSION,
                          containment == CPROC_CONTAINMENT_TREE ? LAUNCH_MODE_TREE
                                                                : LAUNCH_MODE_EXEC,
                          status_fd);
  if (control_fd >= 0)
    g_string_append_printf (spec, " c%d", control_fd);
  append_kept (spec, fds, status_fd, control_fd);

  if (command->new_session)
    g_string_append (spec, " n");
  else if (containment != CPROC_CONTAINMENT_NONE)
    g_string_append (spec, " g");
  if (command->die_with_parent)
    g_string_append_printf (spec, " p%d", (int) getpid ());
  if (command->nice != 0)
    g_string_append_printf (spec, " i%d", command->nice);
  if (command->umask >= 0)
    g_string_append_printf (spec, " u%d", command->umask);
  if (command->user_id >= 0)
    g_string_append_printf (spec, " U%" G_GINT64_FORMAT, command->user_id);
  if (command->group_id >= 0)
    g_string_append_printf (spec, " G%" G_GINT64_FORMAT, command->group_id);

  append_limits (spec, command);

  return g_string_free (spec, FALSE);
}

char **
cproc_launch_build_argv (const char         *helper,
                         const char         *spec,
                         const char         *cwd,
                         const char         *argv0,
                         const char * const *argv)
{
  g_autoptr(GStrvBuilder) builder = g_strv_builder_new ();

  g_strv_builder_add (builder, helper);
  g_strv_builder_add (builder, spec);
  g_strv_builder_add (builder, cwd != NULL ? cwd : "");
  g_strv_builder_add (builder, argv[0]);
  g_strv_builder_add (builder, argv0 != NULL ? argv0 : argv[0]);
  g_strv_builder_addv (builder, (const char **) argv + 1);

  return g_strv_builder_end (builder);
}
