/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <errno.h>
#include <unistd.h>

#include "cproc-child-private.h"
#include "cproc-fd-private.h"
#include "cproc-gettext-private.h"
#include "cproc-launch-error-private.h"
#include "cproc-launch-fds-private.h"

void
cproc_child_init_tees (CprocChild *self)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);

  for (guint i = 0; i < G_N_ELEMENTS (priv->tees); i++)
    priv->tees[i].fd = -1;
}

void
cproc_child_clear_tees (CprocChild *self)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);

  for (guint i = 0; i < G_N_ELEMENTS (priv->tees); i++)
    {
      cproc_fd_clear (&priv->tees[i].fd);
      g_clear_pointer (&priv->tees[i].path, g_free);
      g_clear_error (&priv->tees[i].error);
    }
}

static gboolean
open_tee (CprocChild   *self,
          CprocLaunch  *launch,
          int           target,
          GError      **error)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);
  const CprocCommandStdio *stdio = &priv->command->stdio[target];
  CprocChildTee *tee = &priv->tees[target];
  g_autofree char *shown = NULL;
  g_autofree char *name = NULL;

  if (stdio->tee_path == NULL)
    return TRUE;

  if (cproc_launch_is_piped (launch, target) && priv->early_pipes[target] < 0)
    {
      tee->path = g_strdup (stdio->tee_path);
      tee->fd = cproc_launch_open_tee (tee->path, stdio->tee_flags, target, error);
      return tee->fd >= 0;
    }

  shown = g_filename_display_name (stdio->tee_path);
  name = cproc_launch_dup_stream_name (target);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
               /* Translators: a stream, as in “standard output”; then a file */
               _("its %s is not read here and cannot be copied to “%s”"), name, shown);

  return FALSE;
}

gboolean
cproc_child_open_tees (CprocChild   *self,
                       CprocLaunch  *launch,
                       GError      **error)
{
  cproc_child_clear_tees (self);

  return open_tee (self, launch, STDOUT_FILENO, error) &&
         open_tee (self, launch, STDERR_FILENO, error);
}

static void
tee_fail (CprocChild  *self,
          CprocStream  stream)
{
  CprocChildTee *tee = &cproc_child_get_priv (self)->tees[stream];
  int saved_errno = errno;
  g_autofree char *line = cproc_command_dup_line (cproc_child_get_command (self));
  g_autofree char *name = cproc_launch_dup_stream_name (stream);
  g_autofree char *shown = g_filename_display_name (tee->path);

  cproc_fd_clear (&tee->fd);
  g_set_error (&tee->error, G_IO_ERROR, g_io_error_from_errno (saved_errno),
               /* Translators: a program, a stream as in “standard output”, a file, a reason */
               _("“%s”: copying its %s to “%s” failed: %s"), line, name, shown,
               g_strerror (saved_errno));
}

void
cproc_child_feed_tee (CprocChild  *self,
                      CprocStream  stream,
                      const char  *data,
                      gsize        length)
{
  CprocChildTee *tee = &cproc_child_get_priv (self)->tees[stream];

  while (tee->fd >= 0 && length > 0)
    {
      struct iovec vector = { (char *) data, length };
      gssize n = cproc_pipe_writev (tee->fd, &vector, 1);

      if (n < 0)
        {
          tee_fail (self, stream);
          return;
        }
      data += n;
      length -= (gsize) n;
    }
}

/* Some file systems tell only now that the data could not be stored. */
void
cproc_child_close_tees (CprocChild *self)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);

  for (guint i = 0; i < G_N_ELEMENTS (priv->tees); i++)
    if (priv->tees[i].fd >= 0 && close (g_steal_fd (&priv->tees[i].fd)) != 0 && errno != EINTR)
      tee_fail (self, i);
}

GError *
cproc_child_dup_tee_failure (CprocChild *self)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);

  for (guint i = 0; i < G_N_ELEMENTS (priv->tees); i++)
    if (priv->tees[i].error != NULL)
      return g_error_copy (priv->tees[i].error);

  return NULL;
}
