/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "cproc-channel-private.h"
#include "cproc-error.h"

G_BEGIN_DECLS

/* A channel, what it told, and the other end: another channel's socket or a bare one. */
typedef struct
{
  CprocChannel *channel;
  GString *log; /* a line for each signal */
  guint n_messages;
  guint n_invalid;
  guint n_disconnected;
} End;

/* A channel, open in the thread's main context, and the descriptor of its other end. */
End  *end_new             (int        *peer_fd);
/* Over a socket that is there. */
End  *end_new_for_fd      (int         fd);
/* Two channels, one at each end. */
void  end_new_pair        (End       **a,
                           End       **b);
/* Asserts that nothing else holds the channel. */
void  end_free            (End        *self);

void  run_until           (guint      *count,
                           guint       reached);
void  run_until_disconnected (End     *self);
/* Until nothing is ready. */
void  run_pending         (void);

/* Blocking. */
void  write_string        (int         fd,
                           const char *text);
void  write_with_fds      (int         fd,
                           const char *text,
                           const int  *fds,
                           guint       n_fds);
char *read_available      (int         fd);
void  assert_reads        (int         fd,
                           const char *expected);
gboolean is_closed        (int         fd);

guint count_fds           (void);
gsize get_resident        (void);

G_END_DECLS
