/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <stdbool.h>
#include <stdint.h>

/* The helper's arguments:
 *
 *     cproc-launch SPEC CWD FILE ARGV0 [ARG...]
 *
 * An empty CWD leaves the working directory unchanged. FILE is searched for in PATH if it has no
 * slash. ARGV0 and the arguments after it are the program's argv, unchanged.
 *
 * SPEC is a list of tokens with one space between them. A token is a letter and decimal numbers
 * with commas between them; "-" stands for an unlimited limit. Each letter may come once, o and r
 * several times:
 *
 *     v1             the format's version; always the first
 *     me, mt         what the helper does: exec, or stay as the child's supervisor ("tree")
 *     sFD            the status socket, made close-on-exec
 *     cFD            the supervisor's control pipe
 *     kFD,FD,...     the descriptors to keep, ascending, s and c included; all others are closed
 *     g              lead a process group
 *     n              lead a session
 *     tFD            with n: the terminal of that session; FD is 0, 1 or 2
 *     f              mt only: the supervisor stays in its group, the foreground of the terminal
 *     l              mt only: when the program ends by itself, its descendants may go on
 *     oFD,HOW        open the named pipe that FD refers to: 0 to read, 1 to write, 2 for both
 *     e              standard error is a copy of standard output, made after that was opened
 *     h              report that everything is ready, and wait for a byte on the status socket
 *     pPID           be killed when the parent, whose pid is PID, ends
 *     iN             add N to the nice value; may be negative
 *     uN             umask
 *     UN, GN         user and group id
 *     SN,N,...       supplementary groups; S alone is none
 *     rN,SOFT,HARD   resource limit N
 *
 * For example: v1 me s3 k0,1,2,3 g r7,1024,- */

/* The places of the helper's arguments in its argv. */
enum
{
  LAUNCH_ARG_SPEC = 1,
  LAUNCH_ARG_CWD,
  LAUNCH_ARG_FILE,
  LAUNCH_ARG_ARGV0,
  LAUNCH_N_ARGS /* at least */
};

#define LAUNCH_SPEC_VERSION 1
#define LAUNCH_N_LIMITS 16
#define LAUNCH_N_STREAMS 3
#define LAUNCH_MAX_GROUPS 65536 /* NGROUPS_MAX */
#define LAUNCH_UNLIMITED UINT64_MAX

typedef enum
{
  LAUNCH_MODE_EXEC = 'e',
  LAUNCH_MODE_TREE = 't',
} LaunchMode;

typedef struct
{
  bool is_set;
  uint64_t soft;
  uint64_t hard;
} LaunchLimit;

typedef struct
{
  LaunchMode mode;
  int status_fd;
  int control_fd;   /* -1: none */
  const char *keep; /* points into the text; for launch_spec_next_kept() */
  bool own_group;
  bool new_session;
  int terminal_fd; /* -1: none */
  bool foreground;
  bool lets_go;
  int opens[LAUNCH_N_STREAMS]; /* O_RDONLY, O_WRONLY or O_RDWR; -1: do not open */
  bool merges;
  bool holds;
  int parent_pid; /* 0: may outlive the parent */
  int nice;
  int umask;   /* -1: unchanged */
  int64_t uid; /* -1: unchanged */
  int64_t gid;
  const char *groups; /* points into the text; NULL: groups are dropped with an id */
  LaunchLimit limits[LAUNCH_N_LIMITS];
} LaunchSpec;

/* Parses text. False if it is not a spec. Nothing is copied: the spec points into text. */
bool launch_spec_parse     (const char  *text,
                            LaunchSpec  *spec);

/* Returns the next descriptor to keep, -1 after the last. cursor: spec->keep at first. */
int  launch_spec_next_kept (const char **cursor);

/* cursor: spec->groups at first. False after the last. */
bool launch_spec_next_group (const char **cursor,
                             uint32_t    *group);
