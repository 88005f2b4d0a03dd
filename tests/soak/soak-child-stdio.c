/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Where the streams of a child lead to, and what is written to it. */

#include "config.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "soak-child.h"

static const GString nothing = { (char *) "", 0, 0 };

static int
make_memory_file (SoakTask      *task,
                  const GString *content)
{
  int fd = memfd_create ("soak", MFD_CLOEXEC);

  soak_check (task, fd >= 0);
  if (content != NULL)
    {
      soak_check (task, write (fd, content->str, content->len) == (gssize) content->len);
      soak_check (task, lseek (fd, 0, SEEK_SET) == 0);
    }

  return fd;
}

static void
pass (SoakChild *self,
      int        fd,
      int        target)
{
  g_autoptr(GError) error = NULL;

  if (!cproc_command_pass_fd (self->command, fd, target, &error))
    soak_fail (&self->task, "pass_fd: %s", error->message);
}

static void
choose_input (SoakChild *self)
{
  const CprocStdio others[] = { CPROC_STDIO_NULL, CPROC_STDIO_INHERIT, CPROC_STDIO_PIPE };
  const GString *input = self->program->input;
  SoakTask *task = &self->task;

  if (input == NULL)
    {
      CprocStdio mode = others[soak_range (task, 0, G_N_ELEMENTS (others))];

      cproc_command_set_stdin_mode (self->command, mode);
      self->has_input = mode == CPROC_STDIO_PIPE;
    }
  else if (soak_one_in (task, 5))
    {
      cproc_command_take_fd (self->command, make_memory_file (task, input), STDIN_FILENO);
    }
  else
    {
      cproc_command_set_stdin_mode (self->command, CPROC_STDIO_PIPE);
      self->has_input = TRUE;
    }
}

/* By a name where the program opens it, and at once without one. */
static void
lead_to_file (SoakChild   *self,
              CprocStream  stream)
{
  SoakStream *it = &self->streams[stream];
  g_autofree char *path = g_strdup_printf ("%s/%u-%d", soak_dir, self->task.number, stream);

  if (soak_one_in (&self->task, 2))
    {
      it->file_fd = make_memory_file (&self->task, NULL);
      pass (self, it->file_fd, stream);
      return;
    }

  it->file_fd = open (path, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  soak_check (&self->task, it->file_fd >= 0);
  cproc_command_set_stdio_file (self->command, stream, path,
                                soak_one_in (&self->task, 2) ? CPROC_FILE_FLAGS_WRITE
                                                             : CPROC_FILE_FLAGS_APPEND);
}

void
soak_child_choose_stdio (SoakChild *self)
{
  SoakProgram *program = self->program;
  SoakStream *out = &self->streams[CPROC_STREAM_STDOUT];
  SoakStream *err = &self->streams[CPROC_STREAM_STDERR];
  SoakTask *task = &self->task;

  choose_input (self);

  out->bytes = program->bytes[1];
  out->text = program->text[1];
  err->bytes = program->bytes[2];
  err->text = program->text[2];

  switch (soak_range (task, 0, 10))
    {
    case 0:
      soak_task_note (task, ", merged");
      cproc_command_set_stderr_mode (self->command, CPROC_STDIO_MERGE);
      if (program->encoding == NULL)
        out->bytes = out->text = program->bytes[0];
      err->bytes = err->text = NULL;
      break;
    case 1:
      soak_task_note (task, ", output to a file");
      lead_to_file (self, CPROC_STREAM_STDOUT);
      out->bytes = out->text = NULL;
      break;
    case 2:
      soak_task_note (task, ", errors to a file");
      lead_to_file (self, CPROC_STREAM_STDERR);
      err->bytes = err->text = NULL;
      break;
    case 3:
      cproc_command_set_stdout_mode (self->command, CPROC_STDIO_NULL);
      out->bytes = out->text = NULL;
      break;
    default:
      break;
    }
}

static void
check_file (SoakChild     *self,
            SoakStream    *it,
            const GString *expected)
{
  struct stat status;
  g_autofree char *content = NULL;

  if (it->file_fd < 0)
    return;

  soak_check (&self->task, fstat (it->file_fd, &status) == 0);
  content = g_malloc (status.st_size + 1);
  soak_check (&self->task, pread (it->file_fd, content, status.st_size, 0) == status.st_size);
  soak_check (&self->task, (gsize) status.st_size <= expected->len);
  soak_check (&self->task, memcmp (content, expected->str, status.st_size) == 0);
  soak_check (&self->task, !self->is_whole || (gsize) status.st_size == expected->len);
  soak_counts.n_bytes += status.st_size;
}

void
soak_child_check_files (SoakChild *self)
{
  check_file (self, &self->streams[1], self->program->bytes[1]);
  check_file (self, &self->streams[2], self->program->bytes[2]);
}

static void
on_written (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  SoakChild *self = user_data;
  g_autoptr(GError) error = NULL;

  soak_check (&self->task, self->n_writes-- > 0);
  if (!cproc_child_write_finish (CPROC_CHILD (source), result, &error))
    {
      soak_check_error (&self->task, error, G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE);
      soak_check (&self->task, self->program->input == NULL || soak_child_is_disturbed (self));
    }

  soak_task_unref (&self->task);
}

static void
write_piece (SoakChild  *self,
             const char *data,
             gsize       length)
{
  g_autoptr(GBytes) bytes = g_bytes_new (data, length);

  self->n_writes++;
  soak_counts.n_written += length;
  soak_task_ref (&self->task);
  cproc_child_write_async (self->child, bytes, G_PRIORITY_DEFAULT, NULL, on_written, self);
}

/* What it has to read, in pieces; or what it does not read at all. */
void
soak_child_feed (SoakChild *self)
{
  const GString *input = self->program->input != NULL ? self->program->input : &nothing;
  gsize at = 0;

  if (!self->has_input)
    return;

  while (at < input->len)
    {
      gsize length = soak_range (&self->task, 1, input->len / 20 + 100);

      length = MIN (length, input->len - at);
      write_piece (self, input->str + at, length);
      at += length;
    }

  if (self->program->input == NULL && soak_one_in (&self->task, 2))
    write_piece (self, "nobody reads this\n", 18);
  if (self->program->input != NULL || soak_one_in (&self->task, 2))
    cproc_child_close_stdin (self->child);
}

static void read_taken (SoakChild  *self,
                        SoakStream *it);

static void
on_taken (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  SoakChild *self = user_data;
  SoakStream *it = G_INPUT_STREAM (source) == self->streams[1].taken ? &self->streams[1]
                                                                     : &self->streams[2];
  GString *expected = self->program->bytes[it - self->streams];
  g_autoptr(GError) error = NULL;
  g_autoptr(GBytes) bytes = g_input_stream_read_bytes_finish (it->taken, result, &error);
  gsize size;
  const char *data;

  if (bytes == NULL)
    soak_fail (&self->task, "reading a stream that was taken: %s", error->message);

  data = g_bytes_get_data (bytes, &size);
  soak_check (&self->task, size <= expected->len - it->n_bytes);
  soak_check (&self->task, size == 0 ||
              memcmp (data, expected->str + it->n_bytes, size) == 0);
  it->n_bytes += size;
  soak_counts.n_bytes += size;

  if (size > 0)
    {
      read_taken (self, it);
      return;
    }

  g_clear_object (&it->taken);
  soak_task_unref (&self->task);
}

static void
read_taken (SoakChild  *self,
            SoakStream *it)
{
  g_input_stream_read_bytes_async (it->taken, soak_range (&self->task, 1, 100000),
                                   G_PRIORITY_DEFAULT, NULL, on_taken, self);
}

static void
begin_reading (SoakTask *task)
{
  SoakChild *self = (SoakChild *) task;

  for (guint i = CPROC_STREAM_STDOUT; i <= CPROC_STREAM_STDERR; i++)
    if (self->streams[i].taken != NULL)
      {
        soak_task_ref (task);
        read_taken (self, &self->streams[i]);
      }
}

/* Of some children one stream is read past the signals. */
void
soak_child_take_streams (SoakChild *self)
{
  CprocStream stream = soak_range (&self->task, CPROC_STREAM_STDOUT, CPROC_STREAM_STDERR + 1);
  SoakStream *it = &self->streams[stream];

  if (!soak_one_in (&self->task, 6) || it->bytes == NULL ||
      cproc_command_get_stderr_mode (self->command) == CPROC_STDIO_MERGE)
    return;

  soak_task_note (&self->task, ", takes stream %d", stream);
  it->taken = stream == CPROC_STREAM_STDOUT ? cproc_child_take_stdout_stream (self->child)
                                            : cproc_child_take_stderr_stream (self->child);
  soak_check (&self->task, it->taken != NULL);
  g_object_ref (it->taken);
  it->taken_bytes = it->bytes;
  it->bytes = it->text = NULL;
  soak_task_after (&self->task, soak_range (&self->task, 0, 30), begin_reading);
}
