/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-sink-private.h"

#include <errno.h>
#include <glib-unix.h>

#include "cproc-fd-read-private.h"
#include "cproc-thread-private.h"

/* The most that is read in one dispatch: an endless writer must not block the library's thread. */
#define READS_PER_DISPATCH 4

typedef struct
{
  int fd;
  CprocFdKind fd_kind;
  GSource *source;
} CprocSink;

/* Only the library's thread changes this; the lock lets other threads count. */
static GMutex sinks_mutex;
static GQueue sinks = G_QUEUE_INIT; /* CprocSink, the oldest first */

static void
sink_close (CprocSink *self)
{
  g_mutex_lock (&sinks_mutex);
  g_queue_remove (&sinks, self);
  g_mutex_unlock (&sinks_mutex);

  g_source_destroy (self->source);
  g_source_unref (self->source);
  cproc_fd_close (&self->fd, self->fd_kind);
  g_free (self);
}

static gboolean
sink_ready (int          fd,
            GIOCondition condition,
            gpointer     user_data)
{
  CprocSink *self = user_data;
  char dropped[16 * 1024];

  for (guint i = 0; i < READS_PER_DISPATCH; i++)
    {
      gssize n = cproc_fd_read (fd, &self->fd_kind, dropped, sizeof dropped);

      if (n > 0)
        continue;
      if (n < 0 && errno == EAGAIN)
        break;

      sink_close (self);
      return G_SOURCE_REMOVE;
    }

  return G_SOURCE_CONTINUE;
}

static gboolean
sink_add (gpointer user_data)
{
  CprocSink *self = g_new0 (CprocSink, 1);
  CprocSink *oldest = NULL;

  self->fd = GPOINTER_TO_INT (user_data);
  self->source = g_unix_fd_source_new (self->fd, G_IO_IN | G_IO_HUP | G_IO_ERR);
  g_source_set_static_name (self->source, "[libcproc] sink");
  g_source_set_callback (self->source, G_SOURCE_FUNC (sink_ready), self, NULL);

  g_mutex_lock (&sinks_mutex);
  g_queue_push_tail (&sinks, self);
  if (sinks.length > CPROC_SINK_MAX)
    oldest = g_queue_peek_head (&sinks);
  g_mutex_unlock (&sinks_mutex);

  if (oldest != NULL)
    sink_close (oldest);
  g_source_attach (self->source, cproc_thread_get_context ());

  return G_SOURCE_REMOVE;
}

void
cproc_sink_take (int fd)
{
  cproc_thread_push (sink_add, GINT_TO_POINTER (fd));
}

guint
cproc_sink_get_count (void)
{
  guint count;

  g_mutex_lock (&sinks_mutex);
  count = sinks.length;
  g_mutex_unlock (&sinks_mutex);

  return count;
}
