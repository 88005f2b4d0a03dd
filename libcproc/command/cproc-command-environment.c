/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The environment of a command: the inherited one or its own, with changes to it. */

#include "config.h"

#include "cproc-command-private.h"

#include <string.h>

#include "cproc-gettext-private.h"

#define CHANNEL_FD_VARIABLE "NODE_CHANNEL_FD"

/* The variables with which the parent of this process described this process's own channel. */
static const char * const channel_variables[] = {
  CHANNEL_FD_VARIABLE,
  "NODE_CHANNEL_SERIALIZATION_MODE",
  "NODE_UNIQUE_ID",
};

/* The variables that describe this process's own terminal. */
static const char * const terminal_variables[] = { "COLUMNS", "LINES", "TERMCAP", "WINDOWID" };

/* What a program with a terminal finds where nothing else is known. */
#define DEFAULT_TERM "TERM=xterm-256color"

/* Returns the length of the name in NAME=value or NAME; 0 if the entry has no name. */
static gsize
variable_name_length (const char *entry)
{
  return strcspn (entry, "=");
}

static gboolean
variable_equal (gconstpointer a,
                gconstpointer b)
{
  gsize length = variable_name_length (a);

  return length == variable_name_length (b) && memcmp (a, b, length) == 0;
}

static guint
variable_hash (gconstpointer entry)
{
  const char *name = entry;
  gsize length = variable_name_length (name);
  guint hash = 5381;

  for (gsize i = 0; i < length; i++)
    hash = hash * 33 + (guchar) name[i];

  return hash;
}

/* An environment that is being built: each name once, in the place of its first entry. */
typedef struct
{
  GPtrArray *entries; /* NULL for a variable that was removed */
  GHashTable *places; /* entry to its index */
} EnvironBuilder;

static void
environ_builder_init (EnvironBuilder *self)
{
  self->entries = g_ptr_array_new ();
  self->places = g_hash_table_new (variable_hash, variable_equal);
}

/* Takes ownership of the entry. */
static void
environ_builder_set (EnvironBuilder *self,
                     char           *entry)
{
  gpointer place;

  if (g_hash_table_lookup_extended (self->places, entry, NULL, &place))
    {
      g_hash_table_replace (self->places, entry, place);
      g_free (g_ptr_array_index (self->entries, GPOINTER_TO_UINT (place)));
      g_ptr_array_index (self->entries, GPOINTER_TO_UINT (place)) = entry;
      return;
    }

  g_hash_table_insert (self->places, entry, GUINT_TO_POINTER (self->entries->len));
  g_ptr_array_add (self->entries, entry);
}

static void
environ_builder_unset (EnvironBuilder *self,
                       const char     *name)
{
  gpointer place;

  if (!g_hash_table_lookup_extended (self->places, name, NULL, &place))
    return;

  g_hash_table_remove (self->places, name);
  g_clear_pointer (&g_ptr_array_index (self->entries, GPOINTER_TO_UINT (place)), g_free);
}

/* Takes ownership of the entries and the array. Entries without a name or an equals sign are passed
 * unchanged. */
static void
environ_builder_add_all (EnvironBuilder  *self,
                         char           **entries)
{
  for (guint i = 0; entries[i] != NULL; i++)
    {
      if (entries[i][0] == '=' || strchr (entries[i], '=') == NULL)
        g_ptr_array_add (self->entries, entries[i]);
      else
        environ_builder_set (self, entries[i]);
    }

  g_free (entries);
}

static char **
environ_builder_end (EnvironBuilder *self)
{
  guint n = 0;

  g_hash_table_unref (self->places);
  for (guint i = 0; i < self->entries->len; i++)
    {
      char *entry = g_ptr_array_index (self->entries, i);

      if (entry != NULL)
        g_ptr_array_index (self->entries, n++) = entry;
    }
  g_ptr_array_set_size (self->entries, n);
  g_ptr_array_add (self->entries, NULL);

  return (char **) g_ptr_array_free (self->entries, FALSE);
}

static gboolean
cproc_command_names_fd (CprocCommand *self,
                        gint64        target_fd)
{
  for (guint i = 0; i < self->fds->len; i++)
    {
      if (g_array_index (self->fds, CprocCommandFd, i).target_fd == target_fd)
        return TRUE;
    }

  for (guint i = 0; i < self->pipes->len; i++)
    {
      if (g_array_index (self->pipes, CprocCommandPipe, i).target_fd == target_fd)
        return TRUE;
    }

  return FALSE;
}

/* Removes the variables of this process's channel: the program would take any descriptor of that
 * number for its own channel. */
static void
cproc_command_drop_channel (CprocCommand   *self,
                            EnvironBuilder *builder)
{
  char *entry;
  gint64 fd;

  if (g_hash_table_lookup_extended (builder->places, CHANNEL_FD_VARIABLE, (gpointer *) &entry,
                                    NULL) &&
      g_ascii_string_to_signed (entry + strlen (CHANNEL_FD_VARIABLE "="), 10, 0, G_MAXINT, &fd,
                                NULL) &&
      cproc_command_names_fd (self, fd))
    return;

  for (guint i = 0; i < G_N_ELEMENTS (channel_variables); i++)
    environ_builder_unset (builder, channel_variables[i]);
}

static void
environ_builder_drop_terminal (EnvironBuilder *self)
{
  for (guint i = 0; i < G_N_ELEMENTS (terminal_variables); i++)
    environ_builder_unset (self, terminal_variables[i]);
}

/* Programs take a terminal without a type for one that can do nothing. */
static void
environ_builder_name_terminal (EnvironBuilder *self)
{
  gpointer entry;

  if (!g_hash_table_lookup_extended (self->places, DEFAULT_TERM, &entry, NULL) ||
      strcmp (entry, "TERM=") == 0)
    environ_builder_set (self, g_strdup (DEFAULT_TERM));
}

char **
cproc_command_dup_environ (CprocCommand *self)
{
  gboolean has_terminal = cproc_command_has_terminal (self);
  EnvironBuilder builder;

  environ_builder_init (&builder);
  if (self->environment != NULL)
    environ_builder_add_all (&builder, g_strdupv (self->environment));
  else
    {
      environ_builder_add_all (&builder, g_get_environ ());
      cproc_command_drop_channel (self, &builder);
      if (has_terminal)
        environ_builder_drop_terminal (&builder);
    }

  for (guint i = 0; i < self->variables->len; i++)
    {
      const char *change = g_ptr_array_index (self->variables, i);

      if (strchr (change, '=') != NULL)
        environ_builder_set (&builder, g_strdup (change));
      else
        environ_builder_unset (&builder, change);
    }
  if (has_terminal)
    environ_builder_name_terminal (&builder);

  return environ_builder_end (&builder);
}

/**
 * cproc_command_get_environment:
 * @self: a command
 *
 * Gets the environment that the program starts from.
 *
 * The changes of [method@Cproc.Command.set_environment_variable] are not in it.
 *
 * Returns: (transfer none) (nullable) (array zero-terminated=1) (element-type filename): entries of
 *   the form `NAME=value`, or `NULL` for the parent's own
 *
 * Since: 1.0
 */
const char * const *
cproc_command_get_environment (CprocCommand *self)
{
  g_return_val_if_fail (CPROC_IS_COMMAND (self), NULL);

  return (const char * const *) self->environment;
}

/**
 * cproc_command_set_environment:
 * @self: a command
 * @environment: (nullable) (array zero-terminated=1) (element-type filename): entries of the form
 *   `NAME=value`, or `NULL` for the parent's own at the time of the start
 *
 * Sets the environment that the program starts from.
 *
 * An empty list is an empty environment. Where a name comes twice, the last entry counts. The
 * changes of [method@Cproc.Command.set_environment_variable] stay, and are applied to the new one.
 *
 * Of the parent's own environment, `NODE_CHANNEL_FD`, `NODE_CHANNEL_SERIALIZATION_MODE` and
 * `NODE_UNIQUE_ID` are left out, unless the command gives the program the descriptor that
 * `NODE_CHANNEL_FD` names: they are about the parent's own message channel.
 *
 * Where the program has a terminal (`CPROC_STDIO_TERMINAL`), `COLUMNS`, `LINES`, `TERMCAP` and
 * `WINDOWID` of the parent's own environment are left out, which are about the parent's terminal;
 * and `TERM` becomes `xterm-256color` where it is missing or empty.
 *
 * Since: 1.0
 */
void
cproc_command_set_environment (CprocCommand       *self,
                               const char * const *environment)
{
  char **copy;

  g_return_if_fail (CPROC_IS_COMMAND (self));

  if (self->environment != NULL && environment != NULL
        ? g_strv_equal ((const char * const *) self->environment, environment)
        : environment == (const char * const *) self->environment)
    return;

  copy = g_strdupv ((char **) environment);
  g_strfreev (self->environment);
  self->environment = copy;
  cproc_command_notify (self, CPROC_COMMAND_PROP_ENVIRONMENT);
}

/* Takes ownership of the change: NAME=value or NAME. */
static void
cproc_command_change_variable (CprocCommand *self,
                               char         *change)
{
  guint i;

  if (g_ptr_array_find_with_equal_func (self->variables, change, variable_equal, &i))
    g_ptr_array_remove_index (self->variables, i);
  g_ptr_array_add (self->variables, change);

  cproc_command_forget_mistake (self, CPROC_COMMAND_SETTER_VARIABLE);
}

/**
 * cproc_command_set_environment_variable:
 * @self: a command
 * @name: (type filename): the variable's name
 * @value: (nullable) (type filename): its value, or `NULL` to unset it
 *
 * Sets a variable in the environment of the program.
 *
 * The change is kept as a change: each start applies it to the environment that it starts from,
 * which is the parent's own at that moment or [property@Cproc.Command:environment]. The last call
 * for a name counts. A name that is empty or has an equals sign in it is reported by the next start
 * as `G_IO_ERROR_INVALID_ARGUMENT`.
 *
 * Since: 1.0
 */
void
cproc_command_set_environment_variable (CprocCommand *self,
                                        const char   *name,
                                        const char   *value)
{
  g_return_if_fail (CPROC_IS_COMMAND (self));
  g_return_if_fail (name != NULL);

  if (*name == '\0' || strchr (name, '=') != NULL)
    {
      g_autofree char *shown = g_filename_display_name (name);

      cproc_command_misuse (self, CPROC_COMMAND_SETTER_VARIABLE,
                            _("“%s” cannot be the name of an environment variable"), shown);
      return;
    }

  if (value != NULL)
    cproc_command_change_variable (self, g_strconcat (name, "=", value, NULL));
  else
    cproc_command_change_variable (self, g_strdup (name));
}

/**
 * cproc_command_unset_environment_variable:
 * @self: a command
 * @name: (type filename): the variable's name
 *
 * Takes a variable out of the environment of the program.
 *
 * It is the same as [method@Cproc.Command.set_environment_variable] with a value of `NULL`.
 *
 * Since: 1.0
 */
void
cproc_command_unset_environment_variable (CprocCommand *self,
                                          const char   *name)
{
  cproc_command_set_environment_variable (self, name, NULL);
}
