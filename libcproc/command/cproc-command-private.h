/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <sys/resource.h>

#include "cproc-command.h"

G_BEGIN_DECLS

/* A descriptor that the child gets under the number target_fd; owned by the command. fd is -1 once
 * cproc_command_close_fds() has closed it: the number stays taken, and a start reports it. */
typedef struct
{
  int fd;
  int target_fd;
} CprocCommandFd;

typedef struct
{
  int target_fd;
  CprocPipeDirection direction;
} CprocCommandPipe;

typedef struct
{
  int resource;
  gint64 soft; /* -1: unlimited */
  gint64 hard;
} CprocCommandLimit;

typedef struct
{
  CprocStdio mode;
  char *path; /* of mode FILE */
  CprocFileFlags flags;
} CprocCommandStdio;

/* The setters whose wrong calls are remembered: the next right call of the same one forgets it. */
typedef enum
{
  CPROC_COMMAND_SETTER_VARIABLE,
  CPROC_COMMAND_SETTER_STDIO_FILE,
  CPROC_COMMAND_SETTER_FD,
  CPROC_COMMAND_SETTER_PIPE,
  CPROC_COMMAND_SETTER_LIMIT,
} CprocCommandSetter;

typedef struct
{
  CprocCommandSetter setter;
  GError *error;
} CprocCommandMistake;

/* The launch layer reads the fields as they are; only cproc-command*.c write them. A descriptor
 * may stand in fds for several targets. */
struct _CprocCommand
{
  GObject parent_instance;

  char **argv; /* of a module: the module, then its arguments */
  char *argv0;
  gboolean is_module;
  char *exec_path;
  char **exec_argv;
  char *cwd;
  char **environment;  /* NULL: inherit */
  GPtrArray *variables; /* changes of the environment: NAME=value sets, NAME unsets */
  CprocCommandStdio stdio[3];
  GArray *fds;    /* CprocCommandFd, stdio targets among them */
  GArray *pipes;  /* CprocCommandPipe */
  GArray *limits; /* CprocCommandLimit, each resource at most once */
  CprocContainment containment;
  gboolean new_session;
  gboolean no_terminal; /* a session of its own, but contained as ever */
  gboolean die_with_parent;
  gint64 user_id;
  gint64 group_id;
  GVariant *supplementary_groups; /* of type au; NULL: dropped with an id where that is allowed */
  int umask;
  int nice;
  gboolean closes_fds; /* once it has been started, since only its own child will start it */
  GArray *mistakes;    /* CprocCommandMistake, the earliest first, each setter at most once */
};

typedef enum
{
  CPROC_COMMAND_PROP_ARGV = 1,
  CPROC_COMMAND_PROP_ARGV0,
  CPROC_COMMAND_PROP_EXEC_PATH,
  CPROC_COMMAND_PROP_EXEC_ARGV,
  CPROC_COMMAND_PROP_CWD,
  CPROC_COMMAND_PROP_ENVIRONMENT,
  CPROC_COMMAND_PROP_STDIN_MODE,
  CPROC_COMMAND_PROP_STDOUT_MODE,
  CPROC_COMMAND_PROP_STDERR_MODE,
  CPROC_COMMAND_PROP_CONTAINMENT,
  CPROC_COMMAND_PROP_NEW_SESSION,
  CPROC_COMMAND_PROP_NO_TERMINAL,
  CPROC_COMMAND_PROP_DIE_WITH_PARENT,
  CPROC_COMMAND_PROP_USER_ID,
  CPROC_COMMAND_PROP_GROUP_ID,
  CPROC_COMMAND_PROP_SUPPLEMENTARY_GROUPS,
  CPROC_COMMAND_PROP_UMASK,
  CPROC_COMMAND_PROP_NICE,
} CprocCommandProperty;

/* The highest number is (uid_t) -1, which stands for no user. */
#define CPROC_COMMAND_MAX_ID (G_MAXUINT32 - 1)
#define CPROC_COMMAND_MAX_GROUPS 65536
#define CPROC_COMMAND_MAX_UMASK 0777
/* From the best to the worst niceness; more makes no difference. */
#define CPROC_COMMAND_MAX_NICE 40

/* For cproc-command*.c alone. A mistake's message comes after “Could not start …: ”. */
void        cproc_command_notify           (CprocCommand         *self,
                                            CprocCommandProperty  property);
void        cproc_command_misuse           (CprocCommand         *self,
                                            CprocCommandSetter    setter,
                                            const char           *format,
                                            ...) G_GNUC_PRINTF (3, 4);
void        cproc_command_take_mistake     (CprocCommand         *self,
                                            CprocCommandSetter    setter,
                                            GError               *error);
void        cproc_command_forget_mistake   (CprocCommand         *self,
                                            CprocCommandSetter    setter);
void        cproc_command_set_mode         (CprocCommand         *self,
                                            int                   fd,
                                            CprocStdio            mode);
gboolean    cproc_command_has_fd           (CprocCommand         *self,
                                            int                   target_fd);
void        cproc_command_drop_fd          (CprocCommand         *self,
                                            int                   target_fd);
void        cproc_command_clear_fds        (CprocCommand         *self);
void        cproc_command_copy_fds         (CprocCommand         *self,
                                            const CprocCommand   *source);

/* What is to be run: argv[0] is the program. */
char      **cproc_command_resolve_argv     (CprocCommand  *self,
                                            GError       **error);

/* The whole environment of a start at this moment: ours or the command's own, with its changes, and
 * without duplicates. */
char      **cproc_command_dup_environ      (CprocCommand  *self);

/* Checks everything that can be checked without the system: an empty argv, names in the
 * environment, descriptors' numbers, modes that do not fit. */
gboolean    cproc_command_validate         (CprocCommand  *self,
                                            GError       **error);

/* Checks where the standard input leads: its mode is not DEFAULT any more. */
gboolean    cproc_command_validate_stdin   (CprocCommand  *self,
                                            CprocStdio     mode,
                                            GError       **error);

/* A command that a child's own constructor makes closes what it holds for the program as soon as
 * that runs: nobody else is expected to start it. */
void        cproc_command_set_closes_fds   (CprocCommand *self);
void        cproc_command_program_runs     (CprocCommand *self);

/* For messages: the program's name as a person would write it, never NULL; valid UTF-8. */
char       *cproc_command_dup_name         (CprocCommand *self);

/* For messages: the whole command line; a shell's line as it was given; valid UTF-8. */
char       *cproc_command_dup_line         (CprocCommand *self);

G_END_DECLS
