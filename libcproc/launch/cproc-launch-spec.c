/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-launch-spec-private.h"

#include <string.h>
#include <unistd.h>

G_STATIC_ASSERT (LAUNCH_N_LIMITS == RLIM_NLIMITS);

static void
append_token (GString *spec,
              char     letter,
              gint64   number)
{
  g_string_append_printf (spec, " %c%" G_GINT64_FORMAT, letter, number);
}

/* Returns the child's next number after this one, -1 after the last. */
static int
find_next_target (const CprocLaunchFds *fds,
                  int                   previous)
{
  int next = -1;

  for (guint i = 0; i < fds->child->len; i++)
    {
      int target_fd = g_array_index (fds->child, CprocCommandFd, i).target_fd;

      if (target_fd > previous && (next < 0 || target_fd < next))
        next = target_fd;
    }

  return next;
}

/* The helper's own descriptors have the highest numbers. */
static void
append_kept (GString              *spec,
             const CprocLaunchFds *fds,
             int                   status_fd,
             int                   control_fd)
{
  g_string_append (spec, " k");
  for (int fd = find_next_target (fds, -1); fd >= 0; fd = find_next_target (fds, fd))
    g_string_append_printf (spec, "%d,", fd);

  g_string_append_printf (spec, "%d", status_fd);
  if (control_fd >= 0)
    g_string_append_printf (spec, ",%d", control_fd);
}

static void
append_opens (GString              *spec,
              const CprocLaunchFds *fds)
{
  for (int target = 0; target < (int) G_N_ELEMENTS (fds->fifos); target++)
    if (fds->fifos[target] >= 0)
      g_string_append_printf (spec, " o%d,%d", target, fds->fifos[target]);
  if (fds->merges_fifo)
    g_string_append (spec, " e");
}

static void
append_groups (GString            *spec,
               const CprocCommand *command)
{
  gsize n;
  const guint32 *groups;

  if (command->supplementary_groups == NULL)
    return;

  groups = g_variant_get_fixed_array (command->supplementary_groups, &n, sizeof *groups);
  g_string_append (spec, " S");
  for (gsize i = 0; i < n; i++)
    g_string_append_printf (spec, i > 0 ? ",%u" : "%u", groups[i]);
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

      /* The command has been validated. */
      g_assert (limit->resource >= 0 && limit->resource < LAUNCH_N_LIMITS);

      append_token (spec, 'r', limit->resource);
      append_limit_value (spec, limit->soft);
      append_limit_value (spec, limit->hard);
    }
}

char *
cproc_launch_spec_build (const CprocCommand   *command,
                         CprocContainment      containment,
                         gboolean              foreground,
                         gboolean              is_held,
                         const CprocLaunchFds *fds,
                         int                   status_fd,
                         int                   control_fd)
{
  GString *spec = g_string_sized_new (64);

  g_string_append (spec, "v" G_STRINGIFY (LAUNCH_SPEC_VERSION) " m");
  g_string_append_c (spec, containment == CPROC_CONTAINMENT_TREE ? LAUNCH_MODE_TREE
                                                                 : LAUNCH_MODE_EXEC);
  append_token (spec, 's', status_fd);
  if (control_fd >= 0)
    append_token (spec, 'c', control_fd);
  append_kept (spec, fds, status_fd, control_fd);

  /* The leader of a session leads a group too. */
  if (command->new_session || command->no_terminal || fds->terminal_target >= 0)
    g_string_append (spec, " n");
  else if (foreground && containment == CPROC_CONTAINMENT_TREE)
    g_string_append (spec, " f");
  else if (containment != CPROC_CONTAINMENT_NONE)
    g_string_append (spec, " g");
  /* As with GROUP, the processes that a program leaves behind when it ends by itself go on. */
  if (containment == CPROC_CONTAINMENT_TREE && command->containment == CPROC_CONTAINMENT_AUTO)
    g_string_append (spec, " l");
  if (fds->terminal_target >= 0)
    append_token (spec, 't', fds->terminal_target);
  append_opens (spec, fds);
  if (is_held)
    g_string_append (spec, " h");
  if (command->die_with_parent)
    append_token (spec, 'p', getpid ());
  if (command->nice != 0)
    append_token (spec, 'i', command->nice);
  if (command->umask >= 0)
    append_token (spec, 'u', command->umask);
  if (command->user_id >= 0)
    append_token (spec, 'U', command->user_id);
  if (command->group_id >= 0)
    append_token (spec, 'G', command->group_id);
  append_groups (spec, command);

  append_limits (spec, command);

  return g_string_free (spec, FALSE);
}

const char **
cproc_launch_build_argv (const char         *helper,
                         const char         *spec,
                         const char         *cwd,
                         const char         *argv0,
                         const char * const *argv)
{
  gsize n_args = g_strv_length ((char **) argv);
  const char **result = g_new (const char *, LAUNCH_N_ARGS + n_args);

  result[0] = helper;
  result[LAUNCH_ARG_SPEC] = spec;
  result[LAUNCH_ARG_CWD] = cwd != NULL ? cwd : "";
  result[LAUNCH_ARG_FILE] = argv[0];
  result[LAUNCH_ARG_ARGV0] = argv0 != NULL ? argv0 : argv[0];
  /* Including the final NULL. */
  memcpy (result + LAUNCH_N_ARGS, argv + 1, n_args * sizeof *argv);

  return result;
}
