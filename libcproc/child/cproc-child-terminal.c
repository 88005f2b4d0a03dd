/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The terminal of a child, to which any of its standard streams may lead. */

#include "config.h"

#include <signal.h>

#include "cproc-child-private.h"
#include "cproc-fd-private.h"
#include "cproc-gettext-private.h"
#include "cproc-text-decoder-private.h"

static CprocChildTerminal *
child_get_terminal (CprocChild *self)
{
  return &cproc_child_get_priv (self)->terminal;
}

void
cproc_child_init_terminal (CprocChild *self)
{
  CprocChildTerminal *terminal = child_get_terminal (self);

  terminal->output_fd = terminal->input_fd = -1;
}

static gboolean
child_is_utf8 (CprocChild *self)
{
  CprocTextDecoder *decoder = cproc_text_decoder_new (cproc_child_get_priv (self)->encoding, NULL);
  gboolean is_utf8 = decoder != NULL && cproc_text_decoder_is_utf8 (decoder);

  g_clear_pointer (&decoder, cproc_text_decoder_free);

  return is_utf8;
}

gboolean
cproc_child_open_terminal (CprocChild  *self,
                           GError     **error)
{
  CprocChildTerminal *terminal = child_get_terminal (self);
  CprocCommand *command = cproc_child_get_priv (self)->command;
  gboolean has_size = terminal->columns > 0;
  CprocTerminalSetup setup = {
    .columns = has_size ? terminal->columns : command->terminal_columns,
    .rows = has_size ? terminal->rows : command->terminal_rows,
    .flags = command->terminal_flags,
    .is_utf8 = child_is_utf8 (self),
  };

  if (terminal->pair == NULL)
    terminal->pair = cproc_terminal_new (&setup, error);
  else if (!terminal->is_taken)
    cproc_terminal_set_up (terminal->pair, &setup);

  return terminal->pair != NULL;
}

/* The streams may be changed on the command while the child runs. */
static void
terminal_use (CprocChildTerminal *self,
              CprocLaunch        *launch)
{
  self->is_used = TRUE;
  if (cproc_launch_get_mode (launch, CPROC_STREAM_STDOUT) == CPROC_STDIO_TERMINAL)
    self->stream = CPROC_STREAM_STDOUT;
  else if (cproc_launch_get_mode (launch, CPROC_STREAM_STDERR) == CPROC_STDIO_TERMINAL)
    self->stream = CPROC_STREAM_STDERR;
  else
    self->stream = CPROC_STREAM_TERMINAL;
}

/* Reading and writing each have a descriptor of their own, since each ends by itself. */
static gboolean
child_open_terminal_ends (CprocChild   *self,
                          CprocLaunch  *launch,
                          GError      **error)
{
  CprocChildTerminal *terminal = child_get_terminal (self);

  if (terminal->is_taken)
    return TRUE;

  terminal->output_fd = cproc_terminal_dup_master (terminal->pair, error);
  if (terminal->output_fd < 0)
    return FALSE;
  if (cproc_launch_get_mode (launch, 0) != CPROC_STDIO_TERMINAL ||
      cproc_child_get_priv (self)->writer != NULL)
    return TRUE;

  terminal->input_fd = cproc_terminal_dup_master (terminal->pair, error);

  return terminal->input_fd >= 0;
}

gboolean
cproc_child_pass_terminal (CprocChild   *self,
                           CprocLaunch  *launch,
                           GError      **error)
{
  CprocChildTerminal *terminal = child_get_terminal (self);
  int fd;

  if (!cproc_command_has_terminal (cproc_child_get_priv (self)->command))
    return TRUE;

  if (!cproc_child_open_terminal (self, error) || !child_open_terminal_ends (self, launch, error))
    return FALSE;

  fd = cproc_terminal_dup_peer (terminal->pair, error);
  if (fd < 0)
    return FALSE;

  cproc_launch_take_terminal (launch, fd);
  terminal_use (terminal, launch);

  return TRUE;
}

int
cproc_child_steal_terminal_output (CprocChild  *self,
                                   CprocStream  stream)
{
  CprocChildTerminal *terminal = child_get_terminal (self);

  if (!terminal->is_used || stream != terminal->stream)
    return -1;

  return g_steal_fd (&terminal->output_fd);
}

void
cproc_child_drop_terminal (CprocChild *self)
{
  CprocChildTerminal *terminal = child_get_terminal (self);

  cproc_fd_clear (&terminal->output_fd);
  cproc_fd_clear (&terminal->input_fd);
  terminal->is_used = FALSE;
  if (!terminal->is_early)
    g_clear_pointer (&terminal->pair, cproc_terminal_free);
}

void
cproc_child_close_terminal (CprocChild *self)
{
  CprocChildTerminal *terminal = child_get_terminal (self);

  cproc_fd_clear (&terminal->output_fd);
  cproc_fd_clear (&terminal->input_fd);
  g_clear_pointer (&terminal->pair, cproc_terminal_free);
}

int
cproc_child_open_early_terminal (CprocChild  *self,
                                 GError     **error)
{
  CprocChildTerminal *terminal = child_get_terminal (self);

  if (!cproc_child_open_terminal (self, error))
    return -1;

  terminal->is_early = TRUE;

  return cproc_terminal_dup_master (terminal->pair, error);
}

gboolean
cproc_child_check_terminal_kept (CprocChild  *self,
                                 GError     **error)
{
  g_autofree char *name = NULL;

  if (!child_get_terminal (self)->is_taken)
    return TRUE;

  name = cproc_command_dup_name (cproc_child_get_priv (self)->command);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
               _("The terminal of “%s” has been taken over"), name);

  return FALSE;
}

/* Interactive shells ignore SIGTERM; SIGHUP is what a terminal that goes away sends. */
int
cproc_child_get_end_signal (CprocChild *self)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);

  return priv->terminal.is_used && !priv->has_kill_signal ? SIGHUP : priv->kill_signal;
}
