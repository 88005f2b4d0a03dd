/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>
#include <sys/types.h>

G_BEGIN_DECLS

/* The process group that a child leads. It may outlive the child. Its number alone is not a handle:
 * once the group is empty the number may be reused.
 *
 * From Linux 6.9 on the leader's pidfd is the handle, as long as it is open. Before that, the
 * number is safe until the leader is reaped. Then the members are looked up at once, and each
 * is held by a pidfd: as long as one of them lives, the number belongs to this group. Not
 * thread-safe. */
typedef struct
{
  GSubprocess *leader; /* not owned; NULL if GSubprocess does not know it */
  pid_t id;
  pid_t session; /* of the members; -1 if not known */
  int pidfd;     /* of the leader, not owned; -1 if there is none */
  gboolean leader_ended;
  GArray *members; /* only used before Linux 6.9 */
} CprocProcessGroup;

void cproc_process_group_init (CprocProcessGroup *self,
                               GSubprocess       *leader,
                               pid_t              id,
                               int                pidfd);
void cproc_process_group_clear (CprocProcessGroup *self);

void cproc_process_group_leader_exited (CprocProcessGroup *self);

/* Returns whether the group is known to be empty. Does not wait for a leader that has not been
 * reaped. */
gboolean cproc_process_group_is_empty (CprocProcessGroup *self);

/* Returns whether all members are zombies: init reaps its children at once, but the first process
 * of a container may never do so. Reads all of /proc. */
gboolean cproc_process_group_has_zombies_only (CprocProcessGroup *self);

/* Signals the group. Returns 0, or the errno: ESRCH if the group is empty. A leader that is known
 * to have ended does not count, whether reaped or not. */
int cproc_process_group_signal (CprocProcessGroup *self,
                                int                signum);

/* The fields of /proc/PID/stat. */
typedef struct
{
  char state;
  pid_t group;
  pid_t session;
} CprocProcStat;

gboolean cproc_proc_stat_parse (const char    *text,
                                CprocProcStat *stat);

G_END_DECLS
