/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The programs: modes of tests/child, and lines for the shell. */

#include "config.h"

#include <signal.h>
#include <string.h>

#include "soak-program.h"

static void G_GNUC_NULL_TERMINATED
set_argv (SoakProgram *self,
          char        *arg,
          ...)
{
  va_list args;

  va_start (args, arg);
  for (; arg != NULL; arg = va_arg (args, char *))
    g_ptr_array_add (self->argv, arg);
  va_end (args);
}

static char *
child_path (void)
{
  return g_strdup (g_getenv ("CPROC_TEST_CHILD"));
}

static void
set_shell (SoakProgram *self,
           char        *line)
{
  set_argv (self, g_strdup ("/bin/sh"), g_strdup ("-c"), line, NULL);
}

static void
append_output (SoakProgram *self,
               CprocStream  stream,
               const char  *data,
               gsize        length)
{
  g_string_append_len (self->bytes[0], data, length);
  g_string_append_len (self->bytes[stream], data, length);
  g_string_append_len (self->text[stream], data, length);
}

static CprocStream
choose_stream (SoakTask *task)
{
  return soak_one_in (task, 3) ? CPROC_STREAM_STDERR : CPROC_STREAM_STDOUT;
}

static void
make_exit (SoakTask    *task,
           SoakProgram *self)
{
  self->exit_code = soak_range (task, 0, 256);
  set_argv (self, child_path (), g_strdup ("exit"), g_strdup_printf ("%d", self->exit_code), NULL);
}

static void
make_signal (SoakTask    *task,
             SoakProgram *self)
{
  const int signals[] = { SIGHUP, SIGINT, SIGKILL, SIGSEGV, SIGTERM, SIGUSR1, SIGABRT };

  self->exit_code = -1;
  self->term_signal = signals[soak_range (task, 0, G_N_ELEMENTS (signals))];
  set_argv (self, child_path (), g_strdup ("signal"), g_strdup_printf ("%d", self->term_signal),
            NULL);
}

/* One line without an end, of whatever length. */
static void
make_write (SoakTask    *task,
            SoakProgram *self)
{
  gsize size = soak_size (task);
  CprocStream stream = choose_stream (task);
  g_autofree char *data = g_malloc (size + 1);

  for (gsize i = 0; i < size; i++)
    data[i] = 'a' + i % 26;
  append_output (self, stream, data, size);
  set_argv (self, child_path (), g_strdup ("write"), g_strdup_printf ("%d", stream),
            g_strdup_printf ("%" G_GSIZE_FORMAT, size),
            g_strdup_printf ("%d", soak_range (task, 1 + size / 1000, 70000)), NULL);
}

static void
make_lines (SoakTask    *task,
            SoakProgram *self)
{
  gsize n_lines = soak_size (task) / 10;
  g_autoptr(GString) text = g_string_new (NULL);

  for (gsize i = 1; i <= n_lines; i++)
    g_string_append_printf (text, "line %" G_GSIZE_FORMAT "\n", i);
  append_output (self, CPROC_STREAM_STDOUT, text->str, text->len);
  set_argv (self, child_path (), g_strdup ("lines"),
            g_strdup_printf ("%" G_GSIZE_FORMAT, n_lines), NULL);
}

static void
make_echo (SoakTask    *task,
           SoakProgram *self)
{
  set_argv (self, child_path (), g_strdup ("echo"), NULL);
  for (int i = soak_range (task, 0, 6); i > 0; i--)
    {
      CprocStream stream = choose_stream (task);
      GString *text = g_string_new (NULL);

      soak_append_text (task, text, soak_range (task, 1, 200));
      g_string_append_c (text, '\n');
      append_output (self, stream, text->str, text->len);
      set_argv (self, g_strdup_printf ("%d", stream), g_string_free (text, FALSE), NULL);
    }
}

static void
make_cat (SoakTask    *task,
          SoakProgram *self)
{
  gsize size = soak_size (task);

  self->input = g_string_new (NULL);
  while (self->input->len < size)
    {
      soak_append_text (task, self->input, soak_range (task, 0, 300));
      g_string_append_c (self->input, '\n');
    }
  append_output (self, CPROC_STREAM_STDOUT, self->input->str, self->input->len);
  set_argv (self, child_path (), g_strdup ("cat"), NULL);
}

/* Text in another encoding, with lines that end in either way; and with bytes that are none. */
static void
make_encoded (SoakTask    *task,
              SoakProgram *self)
{
  const struct
  {
    const char *encoding;
    const char *letters;
  } encodings[] = {
    { "UTF-8", "aé–ßЖ中😀" }, { "UTF-16LE", "aé–ßЖ中😀" }, { "ISO-8859-1", "aéßäöü" },
    { "KOI8-R", "aЖдщЫ" }, { "SHIFT_JIS", "aあ漢字カ" }, { "WINDOWS-1252", "a–é€" },
  };
  int chosen = soak_range (task, 0, G_N_ELEMENTS (encodings));
  const char *letters = encodings[chosen].letters;
  glong n_letters = g_utf8_strlen (letters, -1);
  g_autoptr(GString) text = g_string_new (NULL);
  g_autofree char *encoded = NULL;
  gsize length;

  for (gsize n = soak_range (task, 0, 3000); n > 0; n--)
    {
      gunichar letter;

      if (soak_one_in (task, 20))
        {
          g_string_append (self->text[1], "\n");
          g_string_append (text, soak_one_in (task, 2) ? "\r\n" : "\n");
          continue;
        }

      letter = g_utf8_get_char (g_utf8_offset_to_pointer (letters,
                                                          soak_range (task, 0, n_letters)));
      g_string_append_unichar (self->text[1], letter);
      g_string_append_unichar (text, letter);
    }

  self->encoding = encodings[chosen].encoding;
  encoded = g_convert (text->str, text->len, self->encoding, "UTF-8", NULL, &length, NULL);
  soak_check (task, encoded != NULL);
  self->input = g_string_new_len (encoded, length);
  if (g_str_equal (self->encoding, "UTF-8") && soak_one_in (task, 2))
    {
      g_string_append_len (self->input, "\xff\0\xe2\x82", 4);
      g_string_append (self->text[1], "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
    }
  g_string_append_len (self->bytes[0], self->input->str, self->input->len);
  g_string_append_len (self->bytes[1], self->input->str, self->input->len);
  self->is_fragile = TRUE;
  set_argv (self, child_path (), g_strdup ("cat"), NULL);
}

static void
make_sleep (SoakTask    *task,
            SoakProgram *self)
{
  self->sleeps = TRUE;
  if (soak_one_in (task, 3))
    {
      append_output (self, CPROC_STREAM_STDOUT, "awake\n", 6);
      set_argv (self, child_path (), g_strdup ("sleep-forever"), g_strdup ("awake"), NULL);
    }
  else
    {
      set_argv (self, child_path (), g_strdup ("sleep-forever"), NULL);
    }
}

static void
make_ignore_term (SoakTask    *task,
                  SoakProgram *self)
{
  self->sleeps = self->ignores_term = TRUE;
  append_output (self, CPROC_STREAM_STDOUT, "ready\n", 6);
  set_argv (self, child_path (), g_strdup ("ignore-term"), NULL);
}

static void
make_close_and_sleep (SoakTask    *task,
                      SoakProgram *self)
{
  self->sleeps = TRUE;
  set_argv (self, child_path (), g_strdup ("close-and-sleep"), g_strdup ("1"),
            soak_one_in (task, 2) ? g_strdup ("2") : NULL, NULL);
}

static void
make_shell_loop (SoakTask    *task,
                 SoakProgram *self)
{
  int n = soak_range (task, 0, 500);

  self->exit_code = soak_range (task, 0, 4);
  for (int i = 0; i < n; i++)
    {
      g_autofree char *line = g_strdup_printf ("%d of %d\n", i, n);

      append_output (self, i % 2 == 0 ? CPROC_STREAM_STDOUT : CPROC_STREAM_STDERR, line,
                     strlen (line));
    }
  set_shell (self, g_strdup_printf ("i=0; while [ $i -lt %d ]; do echo \"$i of %d\"; i=$((i+1)); "
                                    "[ $i -lt %d ] && echo \"$i of %d\" >&2; i=$((i+1)); done; "
                                    "exit %d", n, n, n, n, self->exit_code));
}

static void
make_pipeline (SoakTask    *task,
               SoakProgram *self)
{
  int n = soak_range (task, 1, 2000);

  self->is_loose = TRUE;
  for (int i = 1; i <= n; i++)
    {
      g_autofree char *line = g_strdup_printf ("%d\n", i);

      append_output (self, CPROC_STREAM_STDOUT, line, strlen (line));
    }
  set_shell (self, g_strdup_printf ("seq 1 %d | cat", n));
}

static void
make_suicide (SoakTask    *task,
              SoakProgram *self)
{
  self->exit_code = -1;
  self->term_signal = SIGKILL;
  append_output (self, CPROC_STREAM_STDERR, "last words", 10);
  set_shell (self, g_strdup ("printf 'last words' >&2; kill -9 $$"));
}

static const struct
{
  void (*make) (SoakTask    *task,
                SoakProgram *program);
  guint weight;
} makers[] = {
  { make_exit, 2 },
  { make_signal, 2 },
  { make_write, 5 },
  { make_lines, 4 },
  { make_echo, 3 },
  { make_cat, 6 },
  { make_encoded, 3 },
  { make_sleep, 5 },
  { make_ignore_term, 2 },
  { make_close_and_sleep, 2 },
  { make_shell_loop, 3 },
  { make_pipeline, 2 },
  { make_suicide, 1 },
};

SoakProgram *
soak_program_new (SoakTask *task)
{
  SoakProgram *self = g_new0 (SoakProgram, 1);
  int total = 0;
  int chosen;

  self->argv = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < G_N_ELEMENTS (self->bytes); i++)
    {
      self->bytes[i] = g_string_new (NULL);
      self->text[i] = g_string_new (NULL);
    }

  for (guint i = 0; i < G_N_ELEMENTS (makers); i++)
    total += makers[i].weight;
  chosen = soak_range (task, 0, total);
  for (guint i = 0; i < G_N_ELEMENTS (makers); i++)
    {
      chosen -= makers[i].weight;
      if (chosen < 0)
        {
          makers[i].make (task, self);
          break;
        }
    }

  if (self->encoding != NULL)
    soak_task_note (task, "%s ", self->encoding);
  if (g_str_equal (g_ptr_array_index (self->argv, 0), "/bin/sh"))
    soak_task_note (task, "sh");
  for (guint i = 1; i < MIN (self->argv->len, 5); i++)
    soak_task_note (task, " %.60s", (const char *) g_ptr_array_index (self->argv, i));
  g_ptr_array_add (self->argv, NULL);

  return self;
}

void
soak_program_free (SoakProgram *self)
{
  g_ptr_array_unref (self->argv);
  for (guint i = 0; i < G_N_ELEMENTS (self->bytes); i++)
    {
      g_string_free (self->bytes[i], TRUE);
      g_string_free (self->text[i], TRUE);
    }
  if (self->input != NULL)
    g_string_free (self->input, TRUE);
  g_free (self);
}
