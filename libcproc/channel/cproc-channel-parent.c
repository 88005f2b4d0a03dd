/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <stdlib.h>
#include <unistd.h>

#include "cproc-channel-internal-private.h"
#include "cproc-error.h"
#include "cproc-gettext-private.h"

#define FD_VARIABLE "NODE_CHANNEL_FD"
#define MODE_VARIABLE "NODE_CHANNEL_SERIALIZATION_MODE"

G_LOCK_DEFINE_STATIC (parent);
static CprocChannel *parent;
static pid_t parent_pid;

/* Waits at exit until the parent has read the queued messages, for a limited time. (Node loses
 * messages that are still queued when a program exits.) */
static void
flush_at_exit (void)
{
  int timeout = parent->exit_flush_timeout;

  /* A fork of this process has a copy of the queue: only the parent writes it. */
  if (timeout == 0 || parent->fd < 0 || parent->write_closed || getpid () != parent_pid)
    return;

  /* Another thread is using the channel, so this one must not. */
  if (!g_main_context_acquire (parent->context))
    return;

  cproc_channel_flush_blocking (parent, FALSE,
                                timeout < 0 ? -1 : g_get_monotonic_time () + timeout * 1000LL,
                                NULL, NULL);
  g_main_context_release (parent->context);
}

static int
parse_fd (const char  *value,
          GError     **error)
{
  guint64 fd;

  if (!g_ascii_isdigit (value[0]) ||
      !g_ascii_string_to_unsigned (value, 10, 0, G_MAXINT, &fd, NULL))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                   _("The variable “%s” is not the number of a descriptor: “%s”"),
                   FD_VARIABLE, value);
      return -1;
    }

  if (!cproc_channel_check_socket ((int) fd, error))
    return -1;

  return (int) fd;
}

static gboolean
check_mode (GError **error)
{
  const char *mode = g_getenv (MODE_VARIABLE);

  if (mode == NULL || mode[0] == '\0' || g_str_equal (mode, "json"))
    return TRUE;

  g_set_error (error, CPROC_ERROR, CPROC_ERROR_NOT_SUPPORTED,
               _("The parent sends its messages as “%s”, and only “json” is supported"), mode);

  return FALSE;
}

static CprocChannel *
open_parent (GError **error)
{
  g_autoptr(CprocChannel) channel = NULL;
  const char *value = g_getenv (FD_VARIABLE);
  int fd;

  if (value == NULL || value[0] == '\0')
    return NULL;

  if (!check_mode (error) || (fd = parse_fd (value, error)) < 0)
    return NULL;

  channel = cproc_channel_new ();
  if (!cproc_channel_open (channel, fd, NULL, error))
    return NULL;

  g_unsetenv (FD_VARIABLE);
  g_unsetenv (MODE_VARIABLE);

  return g_steal_pointer (&channel);
}

/**
 * cproc_channel_get_parent:
 * @error: return location for an error
 *
 * Gets the channel to the process that started this one as a worker.
 *
 * That is a [class@Worker] of libcproc, or `fork()` or `spawn()` with an `'ipc'` stream in Node.
 *
 * The channel is made in the first call, and belongs to the main context that is thread-default
 * then. The call should be early: it takes the descriptor out of the environment
 * (`NODE_CHANNEL_FD`), so that children of this process do not inherit it, and to change the
 * environment is not safe while other threads run.
 *
 * Every call returns the same object, also after it has been disconnected. The library keeps a
 * reference to it. When the process exits by `exit()` or by returning from `main()`, it first
 * writes the messages that are queued, for at most [property@Cproc.Channel:exit-flush-timeout]. So
 * a worker that sends and exits loses nothing, unless its parent does not read.
 *
 * ```c
 * int
 * main (void)
 * {
 *   g_autoptr(GMainLoop) loop = g_main_loop_new (NULL, FALSE);
 *   g_autoptr(GError) error = NULL;
 *   CprocChannel *channel = cproc_channel_get_parent (&error);
 *
 *   if (channel == NULL)
 *     g_error ("Not started as a worker: %s", error != NULL ? error->message : "no channel");
 *
 *   g_signal_connect (channel, "message", G_CALLBACK (on_message), NULL);
 *   g_signal_connect_swapped (channel, "disconnected", G_CALLBACK (g_main_loop_quit), loop);
 *   g_main_loop_run (loop);
 * }
 * ```
 *
 * The error is [error@Cproc.Error.NOT_SUPPORTED] if the parent uses another serialization than
 * JSON, and from `G_IO_ERROR` if the descriptor is not a connected stream socket.
 *
 * Returns: (transfer none) (nullable): the channel; `NULL` without an error if this process is not
 *   a worker
 *
 * Since: 1.0
 */
CprocChannel *
cproc_channel_get_parent (GError **error)
{
  CprocChannel *channel;

  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  G_LOCK (parent);
  if (parent == NULL)
    {
      parent = open_parent (error);
      if (parent != NULL)
        {
          parent_pid = getpid ();
          atexit (flush_at_exit);
        }
    }
  channel = parent;
  G_UNLOCK (parent);

  return channel;
}
