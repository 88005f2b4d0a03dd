/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-command-private.h"

static const char *first_argv[] = { "first", "a", NULL };

static void
count_notify (GObject    *object,
              GParamSpec *pspec,
              gpointer    user_data)
{
  guint *count = user_data;

  (*count)++;
}

static void
assert_strv (const char * const *strv,
             const char         *joined)
{
  g_autofree char *found = strv != NULL ? g_strjoinv ("|", (char **) strv) : NULL;

  g_assert_cmpstr (found, ==, joined);
}

static void
test_new (void)
{
  g_autoptr(CprocCommand) command = cproc_command_new (first_argv);

  assert_strv (cproc_command_get_argv (command), "first|a");
  g_assert_false (cproc_command_get_argv (command) == first_argv);
  g_assert_null (cproc_command_get_argv0 (command));
  g_assert_null (cproc_command_get_exec_path (command));
  g_assert_null (cproc_command_get_exec_argv (command));
  g_assert_null (cproc_command_get_cwd (command));
  g_assert_null (cproc_command_get_environment (command));
  g_assert_cmpint (cproc_command_get_stdin_mode (command), ==, CPROC_STDIO_DEFAULT);
  g_assert_cmpint (cproc_command_get_stdout_mode (command), ==, CPROC_STDIO_DEFAULT);
  g_assert_cmpint (cproc_command_get_stderr_mode (command), ==, CPROC_STDIO_DEFAULT);
  g_assert_cmpint (cproc_command_get_containment (command), ==, CPROC_CONTAINMENT_AUTO);
  g_assert_false (cproc_command_get_new_session (command));
  g_assert_false (cproc_command_get_die_with_parent (command));
  g_assert_cmpint (cproc_command_get_user_id (command), ==, -1);
  g_assert_cmpint (cproc_command_get_group_id (command), ==, -1);
  g_assert_cmpint (cproc_command_get_umask (command), ==, -1);
  g_assert_cmpint (cproc_command_get_nice (command), ==, 0);
  g_assert_finalize_object (g_steal_pointer (&command));
}

static void
test_new_shell (void)
{
  g_autoptr(CprocCommand) command = cproc_command_new_shell ("ls | wc");

  assert_strv (cproc_command_get_argv (command), "/bin/sh|-c|ls | wc");
  g_assert_finalize_object (g_steal_pointer (&command));
}

static void
test_new_module (void)
{
  g_autoptr(CprocCommand) command = cproc_command_new_module ("a.py", first_argv);
  g_autoptr(CprocCommand) alone = cproc_command_new_module ("a.py", NULL);

  assert_strv (cproc_command_get_argv (command), "a.py|first|a");
  assert_strv (cproc_command_get_argv (alone), "a.py");
  g_assert_finalize_object (g_steal_pointer (&command));
}

/* A value that is not the default. */
static void
make_other_value (GParamSpec *pspec,
                  GValue     *value)
{
  g_value_init (value, pspec->value_type);

  if (G_IS_PARAM_SPEC_BOXED (pspec))
    g_value_set_boxed (value, first_argv);
  else if (G_IS_PARAM_SPEC_STRING (pspec))
    g_value_set_string (value, "text");
  else if (G_IS_PARAM_SPEC_ENUM (pspec))
    g_value_set_enum (value, 2);
  else if (G_IS_PARAM_SPEC_FLAGS (pspec))
    g_value_set_flags (value, 2);
  else if (G_IS_PARAM_SPEC_BOOLEAN (pspec))
    g_value_set_boolean (value, TRUE);
  else if (G_IS_PARAM_SPEC_INT64 (pspec))
    g_value_set_int64 (value, 1000);
  else if (G_IS_PARAM_SPEC_INT (pspec))
    g_value_set_int (value, 18);
  else if (G_IS_PARAM_SPEC_VARIANT (pspec))
    g_value_take_variant (value, g_variant_ref_sink (g_variant_new_parsed ("[uint32 1, 2]")));
  else
    g_assert_not_reached ();
}

static void
assert_value (GObject      *object,
              GParamSpec   *pspec,
              const GValue *expected)
{
  g_auto(GValue) value = G_VALUE_INIT;

  g_object_get_property (object, pspec->name, &value);
  if (!G_IS_PARAM_SPEC_BOXED (pspec) || g_value_get_boxed (expected) == NULL)
    g_assert_cmpint (g_param_values_cmp (pspec, &value, expected), ==, 0);
  else
    g_assert_cmpstrv (g_value_get_boxed (&value), g_value_get_boxed (expected));
}

/* Each is read, written, and tells of changes alone. */
static void
test_every_property (void)
{
  g_autoptr(CprocCommand) command = g_object_new (CPROC_TYPE_COMMAND, NULL);
  GObject *object = G_OBJECT (command);
  g_autofree GParamSpec **pspecs = NULL;
  guint n_pspecs = 0;

  pspecs = g_object_class_list_properties (G_OBJECT_GET_CLASS (object), &n_pspecs);
  g_assert_cmpuint (n_pspecs, ==, 19);

  for (guint i = 0; i < n_pspecs; i++)
    {
      g_autofree char *detailed = g_strconcat ("notify::", pspecs[i]->name, NULL);
      g_auto(GValue) other = G_VALUE_INIT;
      const GValue *preset = g_param_spec_get_default_value (pspecs[i]);
      guint count = 0;

      g_signal_connect (object, detailed, G_CALLBACK (count_notify), &count);
      assert_value (object, pspecs[i], preset);
      g_object_set_property (object, pspecs[i]->name, preset);
      g_assert_cmpuint (count, ==, 0);

      make_other_value (pspecs[i], &other);
      g_object_set_property (object, pspecs[i]->name, &other);
      assert_value (object, pspecs[i], &other);
      g_assert_cmpuint (count, ==, 1);
      g_object_set_property (object, pspecs[i]->name, &other);
      g_assert_cmpuint (count, ==, 1);

      g_object_set_property (object, pspecs[i]->name, preset);
      assert_value (object, pspecs[i], preset);
      g_assert_cmpuint (count, ==, 2);
    }
}

static void
test_strings (void)
{
  const struct
  {
    const char *(*get) (CprocCommand *self);
    void (*set) (CprocCommand *self, const char *value);
  } accessors[] = {
    { cproc_command_get_argv0, cproc_command_set_argv0 },
    { cproc_command_get_exec_path, cproc_command_set_exec_path },
    { cproc_command_get_cwd, cproc_command_set_cwd },
  };
  g_autoptr(CprocCommand) command = cproc_command_new (first_argv);

  for (guint i = 0; i < G_N_ELEMENTS (accessors); i++)
    {
      accessors[i].set (command, "x");
      g_assert_cmpstr (accessors[i].get (command), ==, "x");
      /* What it has is a fit value for itself. */
      accessors[i].set (command, accessors[i].get (command));
      accessors[i].set (command, accessors[i].get (command) + 1);
      g_assert_cmpstr (accessors[i].get (command), ==, "");
      accessors[i].set (command, NULL);
      g_assert_null (accessors[i].get (command));
    }
}

static void
test_lists (void)
{
  const struct
  {
    const char * const *(*get) (CprocCommand *self);
    void (*set) (CprocCommand *self, const char * const *value);
  } accessors[] = {
    { cproc_command_get_argv, cproc_command_set_argv },
    { cproc_command_get_exec_argv, cproc_command_set_exec_argv },
    { cproc_command_get_environment, cproc_command_set_environment },
  };
  g_autoptr(CprocCommand) command = cproc_command_new (NULL);
  const char *list[] = { "x", "y", "z", NULL };

  for (guint i = 0; i < G_N_ELEMENTS (accessors); i++)
    {
      accessors[i].set (command, list);
      assert_strv (accessors[i].get (command), "x|y|z");
      accessors[i].set (command, accessors[i].get (command) + 1);
      assert_strv (accessors[i].get (command), "y|z");
      accessors[i].set (command, list + 3);
      assert_strv (accessors[i].get (command), "");
      accessors[i].set (command, NULL);
      g_assert_null (accessors[i].get (command));
    }
}

static void
test_numbers (void)
{
  g_autoptr(CprocCommand) command = cproc_command_new (first_argv);

  cproc_command_set_user_id (command, G_MAXUINT32 - 1);
  g_assert_cmpint (cproc_command_get_user_id (command), ==, G_MAXUINT32 - 1);
  cproc_command_set_group_id (command, 0);
  g_assert_cmpint (cproc_command_get_group_id (command), ==, 0);
  cproc_command_set_umask (command, 0);
  g_assert_cmpint (cproc_command_get_umask (command), ==, 0);
  cproc_command_set_umask (command, 0777);
  g_assert_cmpint (cproc_command_get_umask (command), ==, 0777);
  cproc_command_set_nice (command, 19);
  g_assert_cmpint (cproc_command_get_nice (command), ==, 19);
  cproc_command_set_nice (command, G_MAXINT);
  g_assert_cmpint (cproc_command_get_nice (command), ==, 40);
  cproc_command_set_nice (command, G_MININT);
  g_assert_cmpint (cproc_command_get_nice (command), ==, -40);
}

static void
test_switches (void)
{
  g_autoptr(CprocCommand) command = cproc_command_new (first_argv);

  cproc_command_set_containment (command, CPROC_CONTAINMENT_TREE);
  g_assert_cmpint (cproc_command_get_containment (command), ==, CPROC_CONTAINMENT_TREE);
  cproc_command_set_new_session (command, 2);
  g_assert_cmpint (cproc_command_get_new_session (command), ==, TRUE);
  cproc_command_set_no_terminal (command, 2);
  g_assert_cmpint (cproc_command_get_no_terminal (command), ==, TRUE);
  cproc_command_set_die_with_parent (command, 2);
  g_assert_cmpint (cproc_command_get_die_with_parent (command), ==, TRUE);
  cproc_command_set_stdin_mode (command, CPROC_STDIO_NULL);
  g_assert_cmpint (cproc_command_get_stdin_mode (command), ==, CPROC_STDIO_NULL);
  cproc_command_set_stdout_mode (command, CPROC_STDIO_PIPE);
  g_assert_cmpint (cproc_command_get_stdout_mode (command), ==, CPROC_STDIO_PIPE);
  cproc_command_set_stderr_mode (command, CPROC_STDIO_MERGE);
  g_assert_cmpint (cproc_command_get_stderr_mode (command), ==, CPROC_STDIO_MERGE);
}

/* A floating value is consumed, another one is not; NULL and no group are two things. */
static void
test_supplementary_groups (void)
{
  g_autoptr (CprocCommand) command = cproc_command_new (first_argv);
  g_autoptr (GVariant) groups = g_variant_ref_sink (g_variant_new_parsed ("[uint32 4, 0]"));
  g_autoptr (GError) error = NULL;
  guint count = 0;

  g_signal_connect (command, "notify::supplementary-groups", G_CALLBACK (count_notify), &count);
  g_assert_null (cproc_command_get_supplementary_groups (command));
  cproc_command_set_supplementary_groups (command, groups);
  cproc_command_set_supplementary_groups (command, g_variant_new_parsed ("[uint32 4, 0]"));
  g_assert_cmpuint (count, ==, 1);
  g_assert_true (g_variant_equal (cproc_command_get_supplementary_groups (command), groups));
  cproc_command_set_supplementary_groups (command, g_variant_new_parsed ("@au []"));
  g_assert_cmpuint (count, ==, 2);
  g_assert_true (cproc_command_validate (command, NULL));

  cproc_command_set_supplementary_groups (command, g_variant_new_parsed ("[uint32 4294967295]"));
  g_assert_false (cproc_command_validate (command, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  cproc_command_set_supplementary_groups (command, NULL);
  g_assert_cmpuint (count, ==, 4);
  g_assert_true (cproc_command_validate (command, NULL));
}

static void
test_resource_limit (void)
{
  g_autoptr(CprocCommand) command = cproc_command_new (first_argv);
  g_autoptr(GError) error = NULL;
  const CprocCommandLimit *limits;

  cproc_command_set_resource_limit (command, CPROC_RESOURCE_CORE, 0, 0);
  cproc_command_set_resource_limit (command, CPROC_RESOURCE_NOFILE, 100, 200);
  cproc_command_set_resource_limit (command, CPROC_RESOURCE_CORE, 5, -1);

  g_assert_cmpuint (command->limits->len, ==, 2);
  limits = &g_array_index (command->limits, CprocCommandLimit, 0);
  g_assert_cmpint (limits[0].resource, ==, RLIMIT_CORE);
  g_assert_cmpint (limits[0].soft, ==, 5);
  g_assert_cmpint (limits[0].hard, ==, -1);
  g_assert_cmpint (limits[1].resource, ==, RLIMIT_NOFILE);
  g_assert_cmpint (limits[1].soft, ==, 100);
  g_assert_cmpint (limits[1].hard, ==, 200);

  cproc_command_set_resource_limit (command, RLIMIT_RTPRIO, G_MAXINT64, G_MAXINT64);
  cproc_command_set_resource_limit (command, CPROC_RESOURCE_AS, -1, -1);
  g_assert_true (cproc_command_validate (command, &error));
  g_assert_no_error (error);
}

static void
assert_shown (CprocCommand *command,
              const char   *name,
              const char   *line)
{
  g_autofree char *found_name = cproc_command_dup_name (command);
  g_autofree char *found_line = cproc_command_dup_line (command);

  g_assert_cmpstr (found_name, ==, name);
  g_assert_cmpstr (found_line, ==, line);
}

static void
test_shown (void)
{
  const char *quoted[] = { "./a b", "it's", "", "Größe", "x=y,z", "a\tb\x1b[1m\n", NULL };
  const char *exec_argv[] = { "-u", "-X dev", NULL };
  g_autoptr(CprocCommand) plain = cproc_command_new (quoted);
  g_autoptr(CprocCommand) shell = cproc_command_new_shell ("ls -l \"$HOME\" |\n  wc");
  g_autoptr(CprocCommand) module = cproc_command_new_module ("work er.py", first_argv);
  g_autoptr(CprocCommand) none = cproc_command_new (NULL);

  assert_shown (plain, "./a b", "'./a b' 'it'\\''s' '' Größe x=y,z 'a b [1m '");
  assert_shown (shell, "/bin/sh", "ls -l \"$HOME\" |   wc");
  assert_shown (module, "work er.py", "'work er.py' first a");
  assert_shown (none, "(no program)", "(no program)");

  cproc_command_set_exec_argv (module, exec_argv);
  assert_shown (module, "work er.py", "'work er.py' first a");
  cproc_command_set_exec_path (module, "python3");
  assert_shown (module, "work er.py", "python3 -u '-X dev' 'work er.py' first a");
}

/* What reaches a message is text, and not a screenful of it. */
static void
test_shown_long (void)
{
  g_autofree char *wide = g_strnfill (100000, 'w');
  g_autofree char *expected = g_strdup_printf ("%.240s…", wide);
  const char *argv[] = { wide, wide, NULL };
  const char *binary[] = { "\xff\xfe", "\xe9", NULL };
  g_autoptr(CprocCommand) command = cproc_command_new (argv);
  g_autoptr(CprocCommand) many = cproc_command_new (NULL);
  g_autoptr(CprocCommand) strange = cproc_command_new (binary);
  g_autofree char **words = g_new0 (char *, 100001);
  g_autofree char *line = NULL;

  assert_shown (command, expected, expected);

  for (guint i = 0; i < 100000; i++)
    words[i] = (char *) "é";
  cproc_command_set_argv (many, (const char * const *) words);
  line = cproc_command_dup_line (many);
  g_assert_true (g_utf8_validate (line, -1, NULL));
  g_assert_cmpint (g_utf8_strlen (line, -1), ==, 241);
  g_assert_true (g_str_has_suffix (line, " é …") || g_str_has_suffix (line, "é é…"));

  g_clear_pointer (&line, g_free);
  line = cproc_command_dup_line (strange);
  g_assert_true (g_utf8_validate (line, -1, NULL));
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/command/new", test_new);
  g_test_add_func ("/command/new-shell", test_new_shell);
  g_test_add_func ("/command/new-module", test_new_module);
  g_test_add_func ("/command/every-property", test_every_property);
  g_test_add_func ("/command/strings", test_strings);
  g_test_add_func ("/command/lists", test_lists);
  g_test_add_func ("/command/numbers", test_numbers);
  g_test_add_func ("/command/switches", test_switches);
  g_test_add_func ("/command/supplementary-groups", test_supplementary_groups);
  g_test_add_func ("/command/resource-limit", test_resource_limit);
  g_test_add_func ("/command/shown", test_shown);
  g_test_add_func ("/command/shown-long", test_shown_long);

  return g_test_run ();
}
