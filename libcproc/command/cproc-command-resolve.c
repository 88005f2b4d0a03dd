/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Finds the program and the arguments of a command, and their names for messages. */

#include "config.h"

#include "cproc-command-private.h"
#include "cproc-gettext-private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

/* The most characters of a command line in a message. */
#define MAX_LINE 240

typedef struct
{
  const char *suffix;
  const char *program;
  const char *option; /* comes before the arguments of exec-argv */
} Runtime;

static const Runtime runtimes[] = {
  { ".js", "node", NULL },
  { ".mjs", "node", NULL },
  { ".cjs", "node", NULL },
  { ".py", "python3", NULL },
  { ".gjs", "gjs", "-m" },
};

static const Runtime *
runtime_find (const char *module)
{
  for (guint i = 0; i < G_N_ELEMENTS (runtimes); i++)
    {
      if (g_str_has_suffix (module, runtimes[i].suffix))
        return &runtimes[i];
    }

  return NULL;
}

static gboolean
has_interpreter_line (const char *path)
{
  char start[2];
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  gssize n;

  if (fd < 0)
    return FALSE;

  n = read (fd, start, sizeof start);
  close (fd);

  return n == sizeof start && start[0] == '#' && start[1] == '!';
}

/* A script that is marked as executable (all files are on some file systems) but has no interpreter
 * line cannot be exec'ed: then its suffix decides. */
static gboolean
runs_as_itself (const char        *path,
                const struct stat *status,
                gboolean           has_runtime)
{
  if (!S_ISREG (status->st_mode) || access (path, X_OK) != 0)
    return FALSE;

  return !has_runtime || has_interpreter_line (path);
}

static GSpawnError
spawn_error_from_errno (int saved_errno)
{
  switch (saved_errno)
    {
    case ENOENT:
    case ENOTDIR:
      return G_SPAWN_ERROR_NOENT;
    case EACCES:
      return G_SPAWN_ERROR_ACCES;
    case ENAMETOOLONG:
      return G_SPAWN_ERROR_NAMETOOLONG;
    case ELOOP:
      return G_SPAWN_ERROR_LOOP;
    default:
      return G_SPAWN_ERROR_FAILED;
    }
}

static void
cproc_command_set_module_error (CprocCommand  *self,
                                int            saved_errno,
                                GError       **error)
{
  g_autofree char *name = cproc_command_dup_name (self);
  g_autofree char *cwd = NULL;

  if (self->cwd == NULL || g_path_is_absolute (self->argv[0]))
    {
      g_set_error (error, G_SPAWN_ERROR, spawn_error_from_errno (saved_errno),
                   _("Could not start the module “%s”: %s"), name, g_strerror (saved_errno));
      return;
    }

  cwd = g_filename_display_name (self->cwd);
  if (!g_file_test (self->cwd, G_FILE_TEST_IS_DIR))
    g_set_error (error, G_SPAWN_ERROR, G_SPAWN_ERROR_CHDIR,
                 _("Could not start the module “%s”: “%s” is not a directory to start in"), name,
                 cwd);
  else
    g_set_error (error, G_SPAWN_ERROR, spawn_error_from_errno (saved_errno),
                 _("Could not start the module “%s” in “%s”: %s"), name, cwd,
                 g_strerror (saved_errno));
}

/* Adds "./" if needed: a program without a slash would be searched for in PATH, and a script that
 * begins with a dash would be taken for an option. */
static char *
cproc_command_dup_module (CprocCommand *self,
                          gboolean      is_program)
{
  const char *module = self->argv[0];

  if (is_program ? strchr (module, '/') == NULL : *module == '-')
    return g_strconcat ("./", module, NULL);

  return g_strdup (module);
}

/* program: runs the module; NULL if the module runs as itself. option: an option of the program, or
 * NULL. */
static char **
cproc_command_build_argv (CprocCommand *self,
                          const char   *program,
                          const char   *option,
                          const char   *module)
{
  g_autoptr(GStrvBuilder) builder = g_strv_builder_new ();

  if (program != NULL)
    {
      g_strv_builder_add (builder, program);
      if (option != NULL)
        g_strv_builder_add (builder, option);
      if (self->exec_argv != NULL)
        g_strv_builder_addv (builder, (const char **) self->exec_argv);
    }
  g_strv_builder_add (builder, module);
  g_strv_builder_addv (builder, (const char **) self->argv + 1);

  return g_strv_builder_end (builder);
}

static char **
cproc_command_resolve_module (CprocCommand  *self,
                              GError       **error)
{
  const Runtime *runtime = runtime_find (self->argv[0]);
  g_autofree char *path = NULL;
  g_autofree char *module = NULL;
  g_autofree char *name = NULL;
  struct stat status;

  if (self->exec_path != NULL)
    return cproc_command_build_argv (self, self->exec_path, NULL, self->argv[0]);

  if (self->cwd == NULL || g_path_is_absolute (self->argv[0]))
    path = g_strdup (self->argv[0]);
  else
    path = g_build_filename (self->cwd, self->argv[0], NULL);

  if (stat (path, &status) != 0)
    {
      cproc_command_set_module_error (self, errno, error);
      return NULL;
    }

  if (runs_as_itself (path, &status, runtime != NULL))
    runtime = NULL;
  else if (runtime == NULL)
    {
      name = cproc_command_dup_name (self);
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                   _("It is not known what runs the module “%s”: make it executable, or set "
                     "exec-path to the program that runs it"), name);
      return NULL;
    }

  module = cproc_command_dup_module (self, runtime == NULL);
  if (runtime == NULL)
    return cproc_command_build_argv (self, NULL, NULL, module);

  return cproc_command_build_argv (self, runtime->program, runtime->option, module);
}

char **
cproc_command_resolve_argv (CprocCommand  *self,
                            GError       **error)
{
  g_return_val_if_fail (CPROC_IS_COMMAND (self), NULL);

  if (self->argv == NULL || self->argv[0] == NULL || self->argv[0][0] == '\0' ||
      (self->is_module && self->exec_path != NULL && *self->exec_path == '\0'))
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                           _("No program was given"));
      return NULL;
    }

  if (self->is_module)
    return cproc_command_resolve_module (self, error);

  return g_strdupv (self->argv);
}

/* Returns one line of limited length, without control characters that a terminal would obey. */
static char *
dup_shown (const char *text)
{
  g_autofree char *whole = g_filename_display_name (text);
  GString *shown = g_string_new (NULL);
  glong n = 0;

  for (const char *p = whole; *p != '\0'; p = g_utf8_next_char (p), n++)
    {
      gunichar c = g_utf8_get_char (p);

      if (n == MAX_LINE)
        {
          g_string_append (shown, "…");
          break;
        }

      if (g_unichar_iscntrl (c))
        g_string_append_c (shown, ' ');
      else
        g_string_append_unichar (shown, c);
    }

  return g_string_free (shown, FALSE);
}

static gboolean
is_plain_word (const char *word)
{
  const char *plain = "%+,-./:=@_^";

  for (const char *p = word; *p != '\0'; p++)
    {
      if ((guchar) *p < 0x80 && !g_ascii_isalnum (*p) && strchr (plain, *p) == NULL)
        return FALSE;
    }

  return *word != '\0';
}

static void
append_word (GString    *line,
             const char *word)
{
  g_autofree char *quoted = NULL;

  /* The rest will not be shown, so it need not be quoted. */
  if (line->len > MAX_LINE * 4)
    return;

  if (line->len > 0)
    g_string_append_c (line, ' ');

  if (is_plain_word (word))
    {
      g_string_append (line, word);
      return;
    }

  quoted = g_shell_quote (word);
  g_string_append (line, quoted);
}

static void
append_words (GString *line,
              char   **words)
{
  for (guint i = 0; words != NULL && words[i] != NULL; i++)
    append_word (line, words[i]);
}

static gboolean
cproc_command_is_shell (CprocCommand *self)
{
  return !self->is_module && self->argv != NULL && g_strv_length (self->argv) == 3 &&
         strcmp (self->argv[0], "/bin/sh") == 0 && strcmp (self->argv[1], "-c") == 0;
}

char *
cproc_command_dup_name (CprocCommand *self)
{
  g_return_val_if_fail (CPROC_IS_COMMAND (self), NULL);

  if (self->argv == NULL || self->argv[0] == NULL)
    return g_strdup (_("(no program)"));

  return dup_shown (self->argv[0]);
}

char *
cproc_command_dup_line (CprocCommand *self)
{
  g_autoptr(GString) line = g_string_new (NULL);

  g_return_val_if_fail (CPROC_IS_COMMAND (self), NULL);

  if (self->argv == NULL || self->argv[0] == NULL)
    return cproc_command_dup_name (self);
  if (cproc_command_is_shell (self))
    return dup_shown (self->argv[2]);

  if (self->is_module && self->exec_path != NULL)
    {
      append_word (line, self->exec_path);
      append_words (line, self->exec_argv);
    }
  append_words (line, self->argv);

  return dup_shown (line->str);
}
