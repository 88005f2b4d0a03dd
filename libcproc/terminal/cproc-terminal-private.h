/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <termios.h>

#include <gio/gio.h>

#include "cproc-enums.h"

G_BEGIN_DECLS

/* A pseudo-terminal: its master, and its peer, which the child gets. Both are close-on-exec; the
 * master does not block. */
typedef struct
{
  int master; /* -1: given away, or closed */
  int peer;   /* -1: closed */
  struct termios initial; /* the modes that the kernel gives a new terminal */
} CprocTerminal;

typedef struct
{
  guint columns;
  guint rows;
  CprocTerminalFlags flags;
  gboolean is_utf8; /* the erase key deletes whole characters */
} CprocTerminalSetup;

/* Makes a terminal. A system without terminals for this process is G_IO_ERROR_NOT_SUPPORTED, no
 * terminal left G_IO_ERROR_NO_SPACE. */
CprocTerminal *cproc_terminal_new      (const CprocTerminalSetup  *setup,
                                        GError                   **error);
void           cproc_terminal_free     (CprocTerminal             *self);

/* Sets size and modes again, for a terminal that was made some time before the start. */
void           cproc_terminal_set_up   (CprocTerminal             *self,
                                        const CprocTerminalSetup  *setup);

/* Both return a new descriptor, or -1 and an error. */
int            cproc_terminal_dup_master (CprocTerminal  *self,
                                          GError        **error);
int            cproc_terminal_dup_peer   (CprocTerminal  *self,
                                          GError        **error);

void           cproc_terminal_close_peer (CprocTerminal  *self);

/* The kernel sends SIGWINCH to the foreground group if the size differs. */
gboolean       cproc_terminal_resize   (CprocTerminal             *self,
                                        guint                      columns,
                                        guint                      rows,
                                        GError                   **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CprocTerminal, cproc_terminal_free)

G_END_DECLS
