/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>
#include <sys/types.h>

G_BEGIN_DECLS

/* The process group that a child leads. It may outlive the child. Its number alone is not a handle:
 * once the group is empty the number may pass to strangers.
 *
 * From Linux 6.9 on the leader's pidfd is the handle, as long as it is open. Before, the number is
 * safe until the leader is reaped. Then the members are looked up at once and held by a pidfd each:
 * as long as one of them lives, the number is theirs. Not thread-safe. */
typedef struct
{
  GSubprocess *leader; /* not owned; NULL where GSubprocess does not know it */
  pid_t id;
  pid_t session; /* of the members: -1 where it is not known */
  int pidfd;     /* of the leader, not owned; -1 where there is none */
  gboolean leader_ended;
  GArray *members; /* before Linux 6.9 */
} CprocProcessGroup;

void cproc_process_group_init (CprocProcessGroup *self,
                               GSubprocess       *leader,
                               pid_t              id,
                               int                pidfd);
void cproc_process_group_clear (CprocProcessGroup *self);

void cproc_process_group_leader_exited (CprocProcessGroup *self);

/* Whether the group is known to be empty. Does not wait for a leader that has not been reaped. */
gboolean cproc_process_group_is_empty (CprocProcessGroup *self);

/* Whether all members have ended, and wait for a parent to reap them: init does so at once, the
 * first process of a container may never. Reads all of /proc. */
gboolean cproc_process_group_has_zombies_only (CprocProcessGroup *self);

/* 0, or the errno: ESRCH where the group is empty. A leader that is known to have ended does not
 * count, reaped or not. */
int cproc_process_group_signal (CprocProcessGroup *self,
                                int                signum);

/* What /proc/PID/stat tells of a process. */
typedef struct
{
  char state;
  pid_t group;
  pid_t session;
} CprocProcStat;

gboolean cproc_proc_stat_parse (const char    *text,
                                CprocProcStat *stat);

G_END_DECLS
