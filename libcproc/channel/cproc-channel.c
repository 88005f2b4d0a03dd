/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gio/gfiledescriptorbased.h>
#include <glib-unix.h>

#include "cproc-channel-internal-private.h"
#include "cproc-error.h"
#include "cproc-gettext-private.h"

/**
 * CprocChannel:
 *
 * One end of a message channel between a process and its child.
 *
 * Both ends are alike: the parent has the [property@Worker:channel] of its [class@Worker], the
 * worker what [func@Cproc.Channel.get_parent] returns. Each sends with [method@Cproc.Channel.send],
 * and gets what the other sends by the signal [signal@Cproc.Channel::message]. Messages arrive
 * complete and in the order in which they were sent.
 *
 * ```c
 * static void
 * on_message (CprocChannel *channel,
 *             CprocMessage *message,
 *             gpointer      user_data)
 * {
 *   g_autoptr(GError) error = NULL;
 *   g_autoptr(CprocMessage) answer = NULL;
 *
 *   g_print ("got %s\n", cproc_message_get_text (message));
 *   answer = cproc_message_new_text ("{\"foo\":1,\"bar\":2}", &error);
 *   if (answer == NULL || !cproc_channel_send (channel, answer, &error))
 *     g_warning ("%s", error->message);
 * }
 *
 * g_autoptr(CprocChannel) channel = cproc_channel_get_parent (&error);
 *
 * if (channel != NULL)
 *   g_signal_connect (channel, "message", G_CALLBACK (on_message), NULL);
 * ```
 *
 * ## What a message is
 *
 * A message is one JSON value of any kind. The format on the wire is that of Node's
 * `child_process` with `serialization: 'json'`, so either side may be an unmodified Node program.
 * As there, objects whose member `cmd` begins with `NODE_` belong to the protocol: they are neither
 * delivered nor can they be sent.
 *
 * ## What may go wrong
 *
 * The other side is not trusted. Text that is not valid, or larger than
 * [property@Cproc.Channel:max-message-size], is skipped, and the signal
 * [signal@Cproc.Channel::invalid-message] tells of it; the messages after it arrive as usual.
 *
 * A channel reads only while the signal [signal@Cproc.Channel::message] has a handler or a receive
 * is pending. Until then messages wait in the kernel, and the other side waits with them: none is
 * lost when a handler is connected late.
 *
 * A message that is sent is written at once as far as the kernel takes it, and the rest waits in a
 * queue, so sending never blocks. A side that reads more slowly than the other sends makes that
 * queue grow; [property@Cproc.Channel:congested] tells when to wait.
 *
 * After a burst of messages within one dispatch of the main loop the last of them may stay in that
 * queue until control returns to the loop, so that many go out in one system call. A handler that
 * is going to compute for long after it can call [method@Cproc.Channel.flush].
 *
 * ## The end
 *
 * [method@Cproc.Channel.close] closes the channel after all that is queued has been written. When
 * that is done, or the other side has closed its end or died, the signal
 * [signal@Cproc.Channel::disconnected] is emitted: exactly once, and after every message.
 *
 * ## Threads and main contexts
 *
 * A channel belongs to the main context that was thread-default when it was opened. Its methods are
 * to be called, and its signals are emitted, in that context's thread; a call from another thread
 * is refused with a critical warning. A handler may do anything: send, close the channel, drop the
 * last reference to it, or run a main loop of its own, in which the next messages come. At most 64
 * such loops inside of each other get messages, so that the other side cannot exhaust the stack.
 *
 * Since: 1.0
 */

G_DEFINE_FINAL_TYPE (CprocChannel, cproc_channel, G_TYPE_OBJECT)

static void
channel_forget (CprocChannel *self)
{
  if (self->fd >= 0)
    cproc_channel_end (self);

  self->state = CPROC_CHANNEL_NEW;
  self->hung_up = FALSE;
  self->send_queue.lost = FALSE;
  cproc_channel_detach (self);
  cproc_channel_end_requests (self);
  cproc_handle_table_clear (&self->send_queue.handles);
  g_clear_pointer (&self->context, g_main_context_unref);
  cproc_channel_return_tasks (self);
}

static void
cproc_channel_dispose (GObject *object)
{
  CprocChannel *self = CPROC_CHANNEL (object);

  /* In a fork the queue belongs to the other process; see cproc_child_dispose(). */
  if (self->fd >= 0 && self->process != getpid ())
    {
      g_object_ref (self);
      return;
    }

  if (!cproc_owner_leave (self->owner))
    return;

  /* This may be any thread. Last chance to write the queue. */
  if (self->fd >= 0 && !self->write_closed)
    cproc_send_queue_write (&self->send_queue, self->write_fd);

  channel_forget (self);
  g_queue_clear_full (&self->kept, (GDestroyNotify) cproc_message_unref);
  g_queue_clear_full (&self->deferred, (GDestroyNotify) cproc_message_unref);
  cproc_request_table_clear (&self->requests);
  g_clear_pointer (&self->incoming, g_hash_table_unref);
  cproc_channel_clear_served (self);

  G_OBJECT_CLASS (cproc_channel_parent_class)->dispose (object);
}

static void
cproc_channel_finalize (GObject *object)
{
  CprocChannel *self = CPROC_CHANNEL (object);

  cproc_owner_unref (self->owner);
  g_clear_pointer (&self->delegate_owner, cproc_owner_unref);

  G_OBJECT_CLASS (cproc_channel_parent_class)->finalize (object);
}

static void
cproc_channel_class_init (CprocChannelClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = cproc_channel_dispose;
  object_class->finalize = cproc_channel_finalize;

  cproc_channel_install_properties (object_class);
  cproc_channel_install_signals (object_class);
}

static void
cproc_channel_init (CprocChannel *self)
{
  self->owner = cproc_owner_new (self);
  self->fd = self->write_fd = -1;
  self->max_message_size = CPROC_CHANNEL_DEFAULT_MAX_MESSAGE_SIZE;
  self->exit_flush_timeout = CPROC_CHANNEL_DEFAULT_EXIT_FLUSH_TIMEOUT;
  self->io_priority = G_PRIORITY_DEFAULT;
  self->busy_polling = TRUE;
  self->passes_fds = TRUE;
  g_queue_init (&self->kept);
  g_queue_init (&self->deferred);
  cproc_receive_queue_init (&self->receive_queue, self->max_message_size);
  cproc_send_queue_init (&self->send_queue);
  cproc_busy_poll_init (&self->busy_poll);
}

CprocChannel *
cproc_channel_new (void)
{
  return g_object_new (CPROC_TYPE_CHANNEL, NULL);
}

static GMainContext *
ref_context (GMainContext *context)
{
  return context != NULL ? g_main_context_ref (context) : g_main_context_ref_thread_default ();
}

gboolean
cproc_channel_check_socket (int      fd,
                            GError **error)
{
  struct sockaddr_storage address;
  socklen_t address_length = sizeof address;
  int type;
  socklen_t length = sizeof type;
  int errsv;

  if (getsockopt (fd, SOL_SOCKET, SO_TYPE, &type, &length) == 0 && type != SOCK_STREAM)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                   _("The descriptor %d is not a stream socket"), fd);
      return FALSE;
    }

  if (getpeername (fd, (struct sockaddr *) &address, &address_length) == 0)
    return TRUE;

  errsv = errno;
  if (errsv == ENOTCONN)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                 _("The descriptor %d is not a connected socket"), fd);
  else
    g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errsv),
                 _("The descriptor %d cannot be used as a message channel: %s"),
                 fd, g_strerror (errsv));

  return FALSE;
}

static gboolean
channel_passes_fds (int fd)
{
  int domain;
  socklen_t length = sizeof domain;

  return getsockopt (fd, SOL_SOCKET, SO_DOMAIN, &domain, &length) == 0 && domain == AF_UNIX;
}

static void
channel_begin (CprocChannel *self,
               int           fd,
               int           write_fd,
               GMainContext *context)
{
  self->fd = fd;
  self->write_fd = write_fd;
  self->process = getpid ();
  self->thread = g_thread_self ();
  self->passes_fds = self->input == NULL && channel_passes_fds (fd);
  self->state = CPROC_CHANNEL_OPEN;
  self->context = ref_context (context);
  cproc_channel_attach (self);
  cproc_channel_notify (self);
}

gboolean
cproc_channel_open (CprocChannel  *self,
                    int            fd,
                    GMainContext  *context,
                    GError       **error)
{
  g_return_val_if_fail (CPROC_IS_CHANNEL (self), FALSE);
  g_return_val_if_fail (self->state == CPROC_CHANNEL_NEW, FALSE);

  if (!cproc_channel_check_socket (fd, error) || !g_unix_set_fd_nonblocking (fd, TRUE, error))
    {
      close (fd);
      return FALSE;
    }

  fcntl (fd, F_SETFD, FD_CLOEXEC);
  channel_begin (self, fd, fd, context);

  return TRUE;
}

/**
 * cproc_channel_new_for_socket: (constructor)
 * @socket: (transfer none): a connected stream socket
 * @error: return location for an error
 *
 * Creates a channel over a socket.
 *
 * The other end speaks the same format: another channel of this kind, or any program that writes a
 * line of JSON for each message. Descriptors travel over UNIX sockets only. The channel belongs to
 * the main context that is thread-default now; it makes the socket non-blocking, and closes it when
 * the channel ends.
 *
 * ```c
 * GSocket *socket = g_socket_connection_get_socket (connection);
 * g_autoptr(CprocChannel) channel = cproc_channel_new_for_socket (socket, &error);
 * ```
 *
 * If it is not a connected stream socket the error is `G_IO_ERROR_INVALID_ARGUMENT`.
 *
 * Returns: (transfer full): the channel, or `NULL` with an error
 *
 * Since: 1.0
 */
CprocChannel *
cproc_channel_new_for_socket (GSocket  *socket,
                              GError  **error)
{
  CprocChannel *self;

  g_return_val_if_fail (G_IS_SOCKET (socket), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (g_socket_is_closed (socket))
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                           _("The socket is closed"));
      return NULL;
    }
  if (!cproc_channel_check_socket (g_socket_get_fd (socket), error))
    return NULL;

  g_socket_set_blocking (socket, FALSE);
  self = cproc_channel_new ();
  self->socket = g_object_ref (socket);
  channel_begin (self, g_socket_get_fd (socket), g_socket_get_fd (socket), NULL);

  return self;
}

/* Returns the descriptor of a stream, or -1. */
static int
stream_get_fd (gpointer   stream,
               gboolean   is_usable,
               GError   **error)
{
  int fd = is_usable && G_IS_FILE_DESCRIPTOR_BASED (stream)
             ? g_file_descriptor_based_get_fd (stream) : -1;

  if (fd < 0)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                   _("A message channel cannot use a stream of the type %s: it needs an open pipe, "
                     "socket or terminal"), G_OBJECT_TYPE_NAME (stream));
      return -1;
    }

  return fd;
}

static gboolean
fd_blocks (int fd)
{
  int flags = fcntl (fd, F_GETFL);

  return flags >= 0 && (flags & O_NONBLOCK) == 0;
}

/**
 * cproc_channel_new_for_streams: (constructor)
 * @input: (transfer none): the stream to read from
 * @output: (transfer none): the stream to write to
 * @error: return location for an error
 *
 * Creates a channel over two streams, standard input and standard output for example.
 *
 * This is for programs that exchange a line of JSON for each message over pipes: through ssh or
 * sudo, or as a server that an editor or an assistant starts. Descriptors cannot be sent. Both
 * streams must be pollable and have a descriptor, as [class@GioUnix.InputStream] and
 * [class@GioUnix.OutputStream] over a pipe, a socket or a terminal. The channel makes them
 * non-blocking, and closes both when it ends. Nothing else may read or write there meanwhile.
 *
 * The end of the input is the end of the channel. What was sent before is still written.
 *
 * ```c
 * g_autoptr(GInputStream) input = g_unix_input_stream_new (STDIN_FILENO, FALSE);
 * g_autoptr(GOutputStream) output = g_unix_output_stream_new (STDOUT_FILENO, FALSE);
 * g_autoptr(CprocChannel) channel = cproc_channel_new_for_streams (input, output, &error);
 * ```
 *
 * The channel belongs to the main context that is thread-default now. If a stream cannot be used
 * the error is `G_IO_ERROR_INVALID_ARGUMENT`.
 *
 * Returns: (transfer full): the channel, or `NULL` with an error
 *
 * Since: 1.0
 */
CprocChannel *
cproc_channel_new_for_streams (GInputStream   *input,
                               GOutputStream  *output,
                               GError        **error)
{
  g_autoptr(CprocChannel) self = NULL;
  int fd, write_fd;

  g_return_val_if_fail (G_IS_INPUT_STREAM (input), NULL);
  g_return_val_if_fail (G_IS_OUTPUT_STREAM (output), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  fd = stream_get_fd (input, !g_input_stream_is_closed (input) &&
                      G_IS_POLLABLE_INPUT_STREAM (input) &&
                      g_pollable_input_stream_can_poll (G_POLLABLE_INPUT_STREAM (input)), error);
  if (fd < 0)
    return NULL;
  write_fd = stream_get_fd (output, !g_output_stream_is_closed (output) &&
                            G_IS_POLLABLE_OUTPUT_STREAM (output) &&
                            g_pollable_output_stream_can_poll (G_POLLABLE_OUTPUT_STREAM (output)),
                            error);
  if (write_fd < 0)
    return NULL;

  self = cproc_channel_new ();
  self->input_blocks = fd_blocks (fd);
  self->output_blocks = fd_blocks (write_fd);
  if (!g_unix_set_fd_nonblocking (fd, TRUE, error) ||
      !g_unix_set_fd_nonblocking (write_fd, TRUE, error))
    return NULL;

  self->input = g_object_ref (input);
  self->output = g_object_ref (output);
  channel_begin (self, fd, write_fd, NULL);

  return g_steal_pointer (&self);
}

void
cproc_channel_reset (CprocChannel *self)
{
  g_autoptr(GError) error = NULL;

  g_return_if_fail (CPROC_IS_CHANNEL (self));

  g_object_ref (self);
  channel_forget (self);
  error = g_error_new_literal (CPROC_ERROR, CPROC_ERROR_NOT_RUNNING,
                               _("The worker could not be started"));
  cproc_channel_fail_receive (self, error);
  cproc_channel_notify (self);
  g_object_unref (self);
}

void
cproc_channel_set_context (CprocChannel *self,
                           GMainContext *context)
{
  g_return_if_fail (CPROC_IS_CHANNEL (self));

  if (self->source == NULL)
    return;

  cproc_channel_detach (self);
  g_main_context_unref (self->context);
  self->context = ref_context (context);
  cproc_channel_attach (self);
  cproc_channel_move_tasks (self);
  cproc_channel_move_requests (self);
}

void
cproc_channel_drain (CprocChannel *self)
{
  g_return_if_fail (CPROC_IS_CHANNEL (self));

  g_object_ref (self);
  if (self->state == CPROC_CHANNEL_OPEN)
    cproc_channel_read_rest (self);

  /* This side has closed the channel, and the process that would read the queue has ended. */
  if (self->state == CPROC_CHANNEL_CLOSING)
    cproc_channel_end (self);

  if (self->state == CPROC_CHANNEL_ENDED)
    cproc_channel_process_pending (self);
  g_object_unref (self);
}

gboolean
cproc_channel_is_open (CprocChannel *self)
{
  g_return_val_if_fail (CPROC_IS_CHANNEL (self), FALSE);

  return self->state != CPROC_CHANNEL_NEW && self->state != CPROC_CHANNEL_DONE;
}

/**
 * cproc_channel_close:
 * @self: a channel
 *
 * Closes the channel.
 *
 * Messages that were sent before are still written, without blocking; then the descriptor is closed
 * and [signal@Cproc.Channel::disconnected] is emitted. From now on nothing can be sent, and nothing
 * that the other side sends arrives. If the other side never reads, the descriptor stays open until
 * that side ends or the last reference to the channel is dropped.
 *
 * Closing a channel again, or one that was never open, does nothing.
 *
 * Since: 1.0
 */
void
cproc_channel_close (CprocChannel *self)
{
  g_return_if_fail (CPROC_IS_CHANNEL (self));

  if (self->state != CPROC_CHANNEL_OPEN || !cproc_channel_check_call (self, G_STRFUNC, NULL))
    return;

  self->state = CPROC_CHANNEL_CLOSING;
  cproc_receive_queue_clear (&self->receive_queue);
  g_queue_clear_full (&self->kept, (GDestroyNotify) cproc_message_unref);
  g_queue_clear_full (&self->deferred, (GDestroyNotify) cproc_message_unref);
  self->kept_bytes = 0;
  cproc_node_protocol_clear (&self->protocol);

  if (self->corked)
    cproc_channel_write_queue (self);
  if (self->send_queue.head == NULL)
    cproc_channel_end (self);
  else
    cproc_channel_watch (self);

  cproc_channel_notify (self);
}

static gboolean
on_close (gpointer user_data)
{
  cproc_channel_close (user_data);

  return G_SOURCE_REMOVE;
}

static gboolean
on_reset (gpointer user_data)
{
  cproc_channel_reset (user_data);

  return G_SOURCE_REMOVE;
}

void
cproc_channel_abandon (CprocChannel *self,
                       gboolean      is_new,
                       GMainContext *context)
{
  g_autoptr(GSource) source = NULL;

  g_return_if_fail (CPROC_IS_CHANNEL (self));

  if (cproc_channel_is_in_thread (self))
    {
      if (is_new)
        cproc_channel_reset (self);
      else
        cproc_channel_close (self);
      return;
    }

  /* The worker's own reference is the only one, so the channel ends with it. */
  if (g_atomic_int_get ((int *) &G_OBJECT (self)->ref_count) == 1)
    return;

  source = g_idle_source_new ();
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_static_name (source, "[libcproc] abandoned channel");
  g_source_set_callback (source, is_new ? on_reset : on_close, g_object_ref (self), g_object_unref);
  g_source_attach (source, context);
}
