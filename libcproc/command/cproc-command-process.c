/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The settings of a command that the system applies to its process. */

#include "config.h"

#include "cproc-command-private.h"

#include "cproc-gettext-private.h"

/* The numbers are the kernel's generic ones; a few old architectures have others. */
#if defined (__linux__) && !defined (__alpha__) && !defined (__mips__) && !defined (__sparc__)
#define CHECK_RESOURCE(name) \
  G_STATIC_ASSERT ((int) CPROC_RESOURCE_##name == (int) RLIMIT_##name)

CHECK_RESOURCE (CPU);
CHECK_RESOURCE (FSIZE);
CHECK_RESOURCE (DATA);
CHECK_RESOURCE (STACK);
CHECK_RESOURCE (CORE);
CHECK_RESOURCE (RSS);
CHECK_RESOURCE (NPROC);
CHECK_RESOURCE (NOFILE);
CHECK_RESOURCE (MEMLOCK);
CHECK_RESOURCE (AS);
#endif

/**
 * cproc_command_get_containment:
 * @self: a command
 *
 * Gets how far kill, timeout, limits and the parent's death reach.
 *
 * Returns: the containment
 *
 * Since: 1.0
 */
CprocContainment
cproc_command_get_containment (CprocCommand *self)
{
  g_return_val_if_fail (CPROC_IS_COMMAND (self), CPROC_CONTAINMENT_AUTO);

  return self->containment;
}

/**
 * cproc_command_set_containment:
 * @self: a command
 * @containment: the containment
 *
 * Sets how far kill, timeout, limits and the parent's death reach.
 *
 * Since: 1.0
 */
void
cproc_command_set_containment (CprocCommand     *self,
                               CprocContainment  containment)
{
  g_return_if_fail (CPROC_IS_COMMAND (self));
  g_return_if_fail (containment <= CPROC_CONTAINMENT_TREE);

  if (self->containment == containment)
    return;

  self->containment = containment;
  cproc_command_notify (self, CPROC_COMMAND_PROP_CONTAINMENT);
}

/**
 * cproc_command_get_new_session:
 * @self: a command
 *
 * Gets whether the program leads a session of its own.
 *
 * Returns: whether it does
 *
 * Since: 1.0
 */
gboolean
cproc_command_get_new_session (CprocCommand *self)
{
  g_return_val_if_fail (CPROC_IS_COMMAND (self), FALSE);

  return self->new_session;
}

/**
 * cproc_command_set_new_session:
 * @self: a command
 * @new_session: whether it does
 *
 * Sets whether the program leads a session of its own, detached from the parent and its terminal.
 *
 * Such a program outlives the parent, and dropping the last reference to its child does not end it.
 *
 * Since: 1.0
 */
void
cproc_command_set_new_session (CprocCommand *self,
                               gboolean      new_session)
{
  g_return_if_fail (CPROC_IS_COMMAND (self));

  new_session = !!new_session;
  if (self->new_session == new_session)
    return;

  self->new_session = new_session;
  cproc_command_notify (self, CPROC_COMMAND_PROP_NEW_SESSION);
}

/**
 * cproc_command_get_no_terminal:
 * @self: a command
 *
 * Gets whether the program is kept from the parent's terminal.
 *
 * Returns: whether it is
 *
 * Since: 1.0
 */
gboolean
cproc_command_get_no_terminal (CprocCommand *self)
{
  g_return_val_if_fail (CPROC_IS_COMMAND (self), FALSE);

  return self->no_terminal;
}

/**
 * cproc_command_set_no_terminal:
 * @self: a command
 * @no_terminal: whether it is
 *
 * Sets whether the program is kept from the parent's terminal.
 *
 * The program then leads a session of its own that has no terminal, so that opening `/dev/tty`
 * fails at once: a program such as ssh, sudo or git fails instead of asking for a password there.
 * Unlike with [property@Cproc.Command:new-session], containment stays in force, and the program
 * ends with its child.
 *
 * A standard input that is the parent's terminal contradicts it, and makes the start fail with
 * `G_IO_ERROR_INVALID_ARGUMENT`.
 *
 * Since: 1.0
 */
void
cproc_command_set_no_terminal (CprocCommand *self,
                               gboolean      no_terminal)
{
  g_return_if_fail (CPROC_IS_COMMAND (self));

  no_terminal = !!no_terminal;
  if (self->no_terminal == no_terminal)
    return;

  self->no_terminal = no_terminal;
  cproc_command_notify (self, CPROC_COMMAND_PROP_NO_TERMINAL);
}

/**
 * cproc_command_get_die_with_parent:
 * @self: a command
 *
 * Gets whether the program is ended when the parent process ends.
 *
 * Returns: whether it is
 *
 * Since: 1.0
 */
gboolean
cproc_command_get_die_with_parent (CprocCommand *self)
{
  g_return_val_if_fail (CPROC_IS_COMMAND (self), FALSE);

  return self->die_with_parent;
}

/**
 * cproc_command_set_die_with_parent:
 * @self: a command
 * @die_with_parent: whether it is
 *
 * Sets whether the program is ended when the parent process ends, however that comes about.
 *
 * Since: 1.0
 */
void
cproc_command_set_die_with_parent (CprocCommand *self,
                                   gboolean      die_with_parent)
{
  g_return_if_fail (CPROC_IS_COMMAND (self));

  die_with_parent = !!die_with_parent;
  if (self->die_with_parent == die_with_parent)
    return;

  self->die_with_parent = die_with_parent;
  cproc_command_notify (self, CPROC_COMMAND_PROP_DIE_WITH_PARENT);
}

/**
 * cproc_command_get_user_id:
 * @self: a command
 *
 * Gets the user to run as.
 *
 * Returns: the user's number, or -1 where it is left unchanged
 *
 * Since: 1.0
 */
gint64
cproc_command_get_user_id (CprocCommand *self)
{
  g_return_val_if_fail (CPROC_IS_COMMAND (self), -1);

  return self->user_id;
}

/**
 * cproc_command_set_user_id:
 * @self: a command
 * @user_id: the user's number, or -1 to leave it unchanged
 *
 * Sets the user to run as.
 *
 * This needs a privilege: without one, the start fails.
 *
 * Set [property@Cproc.Command:group-id] as well: with the user alone, the program keeps the
 * parent's group, and with it what that group may read and write. The parent's supplementary groups
 * are dropped where the kernel allows it; see [property@Cproc.Command:supplementary-groups].
 *
 * Since: 1.0
 */
void
cproc_command_set_user_id (CprocCommand *self,
                           gint64        user_id)
{
  g_return_if_fail (CPROC_IS_COMMAND (self));
  g_return_if_fail (user_id >= -1 && user_id <= CPROC_COMMAND_MAX_ID);

  if (self->user_id == user_id)
    return;

  self->user_id = user_id;
  cproc_command_notify (self, CPROC_COMMAND_PROP_USER_ID);
}

/**
 * cproc_command_get_group_id:
 * @self: a command
 *
 * Gets the group to run as.
 *
 * Returns: the group's number, or -1 where it is left unchanged
 *
 * Since: 1.0
 */
gint64
cproc_command_get_group_id (CprocCommand *self)
{
  g_return_val_if_fail (CPROC_IS_COMMAND (self), -1);

  return self->group_id;
}

/**
 * cproc_command_set_group_id:
 * @self: a command
 * @group_id: the group's number, or -1 to leave it unchanged
 *
 * Sets the group to run as.
 *
 * This needs a privilege: without one, the start fails.
 *
 * Since: 1.0
 */
void
cproc_command_set_group_id (CprocCommand *self,
                            gint64        group_id)
{
  g_return_if_fail (CPROC_IS_COMMAND (self));
  g_return_if_fail (group_id >= -1 && group_id <= CPROC_COMMAND_MAX_ID);

  if (self->group_id == group_id)
    return;

  self->group_id = group_id;
  cproc_command_notify (self, CPROC_COMMAND_PROP_GROUP_ID);
}

/**
 * cproc_command_get_supplementary_groups:
 * @self: a command
 *
 * Gets the supplementary groups to run with.
 *
 * Returns: (transfer none) (nullable): the groups' numbers, of type `au`, or `NULL`
 *
 * Since: 1.0
 */
GVariant *
cproc_command_get_supplementary_groups (CprocCommand *self)
{
  g_return_val_if_fail (CPROC_IS_COMMAND (self), NULL);

  return self->supplementary_groups;
}

/**
 * cproc_command_set_supplementary_groups:
 * @self: a command
 * @groups: (nullable): the groups' numbers, of type `au`; or `NULL`
 *
 * Sets the supplementary groups to run with; an empty array is none.
 *
 * `NULL` drops them where [property@Cproc.Command:user-id] or [property@Cproc.Command:group-id] is
 * set and the kernel allows it, and leaves them unchanged otherwise. Naming groups needs a
 * privilege: without one, the start fails.
 *
 * If @groups is floating, it is consumed.
 *
 * Since: 1.0
 */
void
cproc_command_set_supplementary_groups (CprocCommand *self,
                                        GVariant     *groups)
{
  GVariant *earlier;

  g_return_if_fail (CPROC_IS_COMMAND (self));
  g_return_if_fail (groups == NULL || g_variant_is_of_type (groups, G_VARIANT_TYPE ("au")));

  earlier = self->supplementary_groups;
  self->supplementary_groups = groups != NULL ? g_variant_ref_sink (groups) : NULL;
  if ((earlier == NULL) != (groups == NULL) ||
      (groups != NULL && !g_variant_equal (earlier, groups)))
    cproc_command_notify (self, CPROC_COMMAND_PROP_SUPPLEMENTARY_GROUPS);
  g_clear_pointer (&earlier, g_variant_unref);
}

/**
 * cproc_command_get_umask:
 * @self: a command
 *
 * Gets the mask of permissions that new files do not get.
 *
 * Returns: the mask, or -1 where it is left unchanged
 *
 * Since: 1.0
 */
int
cproc_command_get_umask (CprocCommand *self)
{
  g_return_val_if_fail (CPROC_IS_COMMAND (self), -1);

  return self->umask;
}

/**
 * cproc_command_set_umask:
 * @self: a command
 * @mask: the mask, as `0022` in C and `0o022` in Python and JavaScript; -1 to leave it unchanged
 *
 * Sets the mask of permissions that new files do not get, as in umask(2).
 *
 * Since: 1.0
 */
void
cproc_command_set_umask (CprocCommand *self,
                         int           mask)
{
  g_return_if_fail (CPROC_IS_COMMAND (self));
  g_return_if_fail (mask >= -1 && mask <= CPROC_COMMAND_MAX_UMASK);

  if (self->umask == mask)
    return;

  self->umask = mask;
  cproc_command_notify (self, CPROC_COMMAND_PROP_UMASK);
}

/**
 * cproc_command_get_nice:
 * @self: a command
 *
 * Gets the increment of the niceness.
 *
 * Returns: the increment
 *
 * Since: 1.0
 */
int
cproc_command_get_nice (CprocCommand *self)
{
  g_return_val_if_fail (CPROC_IS_COMMAND (self), 0);

  return self->nice;
}

/**
 * cproc_command_set_nice:
 * @self: a command
 * @increment: what is added, from -40 to 40; more than these has the same effect
 *
 * Sets the increment of the niceness, as nice(1) does: 10 gives way to others, 0 changes nothing.
 *
 * A negative increment needs a privilege.
 *
 * Since: 1.0
 */
void
cproc_command_set_nice (CprocCommand *self,
                        int           increment)
{
  g_return_if_fail (CPROC_IS_COMMAND (self));

  increment = CLAMP (increment, -CPROC_COMMAND_MAX_NICE, CPROC_COMMAND_MAX_NICE);
  if (self->nice == increment)
    return;

  self->nice = increment;
  cproc_command_notify (self, CPROC_COMMAND_PROP_NICE);
}

static gboolean
cproc_command_check_limit (CprocCommand            *self,
                           const CprocCommandLimit *limit)
{
  if (limit->resource < 0 || limit->resource >= (int) RLIM_NLIMITS)
    cproc_command_misuse (self, CPROC_COMMAND_SETTER_LIMIT,
                          _("there is no resource number %d to limit"), limit->resource);
  else if (limit->soft < -1 || limit->hard < -1)
    cproc_command_misuse (self, CPROC_COMMAND_SETTER_LIMIT,
                          _("a limit of resource number %d is below zero"), limit->resource);
  else if (limit->hard >= 0 && (limit->soft == -1 || limit->soft > limit->hard))
    cproc_command_misuse (self, CPROC_COMMAND_SETTER_LIMIT,
                          _("the soft limit of resource number %d is above the hard one"),
                          limit->resource);
  else
    return TRUE;

  return FALSE;
}

/**
 * cproc_command_set_resource_limit:
 * @self: a command
 * @resource: one of [enum@Cproc.Resource], or another `RLIMIT_` number of setrlimit(2)
 * @soft: the limit; -1 for none
 * @hard: up to where the program may raise it; -1 for no end
 *
 * Limits what the process may use of a resource.
 *
 * It replaces an earlier limit of the same resource. The programs that the program starts inherit
 * it. A resource that does not exist, a negative limit other than -1, or a soft limit above the
 * hard one is reported by the next start as `G_IO_ERROR_INVALID_ARGUMENT`.
 *
 * Since: 1.0
 */
void
cproc_command_set_resource_limit (CprocCommand *self,
                                  int           resource,
                                  gint64        soft,
                                  gint64        hard)
{
  CprocCommandLimit limit = { resource, soft, hard };

  g_return_if_fail (CPROC_IS_COMMAND (self));

  if (!cproc_command_check_limit (self, &limit))
    return;
  cproc_command_forget_mistake (self, CPROC_COMMAND_SETTER_LIMIT);

  for (guint i = 0; i < self->limits->len; i++)
    {
      CprocCommandLimit *earlier = &g_array_index (self->limits, CprocCommandLimit, i);

      if (earlier->resource == resource)
        {
          *earlier = limit;
          return;
        }
    }

  g_array_append_val (self->limits, limit);
}
