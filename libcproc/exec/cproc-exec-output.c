/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-text-decoder-private.h"
#include "cproc-exec-private.h"

static GBytes *
exec_dup_bytes (CprocExec   *self,
                CprocStream  stream)
{
  guint i = stream - CPROC_STREAM_STDOUT;

  /* A buffer that no longer grows is handed out without a copy. */
  if (self->bytes[i] != NULL)
    return g_bytes_ref (self->bytes[i]);

  return g_bytes_new (self->buffers[i].data, self->buffers[i].length);
}

/**
 * cproc_exec_get_stdout_bytes:
 * @self: an exec
 *
 * Gets what the program has written to standard output, whatever its end was.
 *
 * Until the end each call copies all that there is; after it they share one copy.
 *
 * Returns: (transfer full): the bytes, no more than [property@Cproc.Exec:max-buffer]
 *
 * Since: 1.0
 */
GBytes *
cproc_exec_get_stdout_bytes (CprocExec *self)
{
  g_return_val_if_fail (CPROC_IS_EXEC (self), NULL);

  return exec_dup_bytes (self, CPROC_STREAM_STDOUT);
}

/**
 * cproc_exec_get_stderr_bytes:
 * @self: an exec
 *
 * Gets what the program has written to standard error, whatever its end was.
 *
 * Until the end each call copies all that there is; after it they share one copy.
 *
 * Returns: (transfer full): the bytes, no more than [property@Cproc.Exec:max-buffer]
 *
 * Since: 1.0
 */
GBytes *
cproc_exec_get_stderr_bytes (CprocExec *self)
{
  g_return_val_if_fail (CPROC_IS_EXEC (self), NULL);

  return exec_dup_bytes (self, CPROC_STREAM_STDERR);
}

static char *
exec_dup_text (CprocExec   *self,
               CprocStream  stream)
{
  g_autoptr(GBytes) bytes = exec_dup_bytes (self, stream);
  gsize size;
  const char *data = g_bytes_get_data (bytes, &size);

  return cproc_text_decode (data, size, cproc_child_get_encoding (CPROC_CHILD (self)));
}

/**
 * cproc_exec_get_stdout_text:
 * @self: an exec
 *
 * Gets what the program has written to standard output as text.
 *
 * It is decoded from [property@Cproc.Child:encoding] and always valid UTF-8: bytes that do not
 * decode become U+FFFD.
 *
 * Returns: (transfer full): the text
 *
 * Since: 1.0
 */
char *
cproc_exec_get_stdout_text (CprocExec *self)
{
  g_return_val_if_fail (CPROC_IS_EXEC (self), NULL);

  return exec_dup_text (self, CPROC_STREAM_STDOUT);
}

/**
 * cproc_exec_get_stderr_text:
 * @self: an exec
 *
 * Gets what the program has written to standard error as text; see
 * [method@Cproc.Exec.get_stdout_text].
 *
 * Returns: (transfer full): the text
 *
 * Since: 1.0
 */
char *
cproc_exec_get_stderr_text (CprocExec *self)
{
  g_return_val_if_fail (CPROC_IS_EXEC (self), NULL);

  return exec_dup_text (self, CPROC_STREAM_STDERR);
}

/**
 * cproc_exec_get_error_stack:
 * @self: an exec
 *
 * Gets the call stack at the point where the program was started, which tells what code started the
 * command.
 *
 * Each line names a function. If the library was built with libdw and the program has debug
 * information, the line also names the source file and the line number. Otherwise it names the file
 * of the program or library, and a function that is not exported appears as an address.
 *
 * It is kept with [property@Cproc.Exec:capture-stack], or when the environment variable
 * `CPROC_DEBUG` holds `stack`.
 *
 * Returns: (transfer none) (nullable): the stack, a line for each call, innermost first; or `NULL`
 *
 * Since: 1.0
 */
const char *
cproc_exec_get_error_stack (CprocExec *self)
{
  g_return_val_if_fail (CPROC_IS_EXEC (self), NULL);

  /* Reading debug information takes time: do it only when the stack is asked for. */
  if (self->error_stack == NULL)
    self->error_stack = cproc_backtrace_to_text (&self->stack);

  return self->error_stack;
}
