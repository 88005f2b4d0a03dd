/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <sys/resource.h>

#include "cproc-command.h"

G_BEGIN_DECLS

/* A descriptor that the child gets as number target_fd; owned by the command. fd is -1 once
 * cproc_command_close_fds() has closed it: the target stays taken, and a start reports it. */
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
  char *tee_path; /* gets a copy of what is read; NULL: none */
  CprocFileFlags tee_flags;
} CprocCommandStdio;

/* The setters whose wrong calls are remembered: the next right call of the same setter clears the
 * mistake. */
typedef enum
{
  CPROC_COMMAND_SETTER_VARIABLE,
  CPROC_COMMAND_SETTER_STDIO_FILE,
  CPROC_COMMAND_SETTER_STDIO_TEE,
  CPROC_COMMAND_SETTER_FD,
  CPROC_COMMAND_SETTER_PIPE,
  CPROC_COMMAND_SETTER_LIMIT,
  CPROC_COMMAND_SETTER_TERMINAL_SIZE,
} CprocCommandSetter;

typedef struct
{
  CprocCommandSetter setter;
  GError *error;
} CprocCommandMistake;

/* The room launch/ reads the fields directly; only cproc-command*.c write them. The same descriptor
 * may appear in fds for several targets. */
struct _CprocCommand
{
  GObject parent_instance;

  char **argv; /* for a module: the module, then its arguments */
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
  guint terminal_columns;
  guint terminal_rows;
  CprocTerminalFlags terminal_flags;
  CprocContainment containment;
  gboolean new_session;
  gboolean no_terminal; /* leads its own session, but is contained as usual */
  gboolean die_with_parent;
  gint64 user_id;
  gint64 group_id;
  GVariant *supplementary_groups; /* of type au; NULL: dropped with a user or group id if allowed */
  int umask;
  int nice;
  gboolean closes_fds; /* closes its descriptors after the first start */
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
  CPROC_COMMAND_PROP_TERMINAL_FLAGS,
} CprocCommandProperty;

/* (uid_t) -1, the highest number, stands for no user. */
#define CPROC_COMMAND_MAX_ID (G_MAXUINT32 - 1)
#define CPROC_COMMAND_MAX_GROUPS 65536
#define CPROC_COMMAND_MAX_UMASK 0777
/* The difference of the best and the worst niceness; more makes no difference. */
#define CPROC_COMMAND_MAX_NICE 40

/* Only for cproc-command*.c. A mistake's message comes after “Could not start …: ”. */
void        cproc_command_notify           (CprocCommand         *self,
                                            CprocCommandProperty  property);
void        cproc_command_install_properties (GObjectClass       *object_class);
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

/* Returns the argv to run: argv[0] is the program. */
char      **cproc_command_resolve_argv     (CprocCommand  *self,
                                            GError       **error);

/* Returns the whole environment for a start at this moment: this process's own or the command's,
 * with the command's changes, and without duplicates. */
char      **cproc_command_dup_environ      (CprocCommand  *self);

/* Checks everything that can be checked without asking the system: an empty argv, names in the
 * environment, descriptor numbers, contradicting modes. */
gboolean    cproc_command_validate         (CprocCommand  *self,
                                            GError       **error);

/* Checks the standard input; its mode is no longer DEFAULT. */
gboolean    cproc_command_validate_stdin   (CprocCommand  *self,
                                            CprocStdio     mode,
                                            GError       **error);

/* Returns whether a stream leads to a terminal that the start makes. */
gboolean    cproc_command_has_terminal     (const CprocCommand *self);
gboolean    cproc_command_check_terminal   (CprocCommand  *self,
                                            GError       **error);

/* Sets the error for a terminal of this size, which cannot be. */
gboolean    cproc_command_check_terminal_size (guint    columns,
                                               guint    rows,
                                               GError **error);

/* A command that a child's own constructor makes closes its descriptors as soon as the program
 * runs: only this child is expected to start it. */
void        cproc_command_set_closes_fds   (CprocCommand *self);
void        cproc_command_program_runs     (CprocCommand *self);

/* For messages: returns the program's name as a person would write it; never NULL; valid UTF-8. */
char       *cproc_command_dup_name         (CprocCommand *self);

/* For messages: returns the whole command line, a shell's line as it was given; valid UTF-8. */
char       *cproc_command_dup_line         (CprocCommand *self);

G_END_DECLS
