/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "cproc-channel-private.h"
#include "cproc-error.h"
#include "send-util.h"

G_BEGIN_DECLS

/* Lines of the protocol's. */
#define ACK "{\"cmd\":\"NODE_HANDLE_ACK\"}\n"
#define NACK "{\"cmd\":\"NODE_HANDLE_NACK\"}\n"
#define HANDLE(msg) "{\"cmd\":\"NODE_HANDLE\",\"type\":\"net.Native\",\"msg\":" msg "}\n"

/* A channel, what it told, and the other end: another channel's socket or a bare one. */
typedef struct
{
  CprocChannel *channel;
  GString *log; /* a line for each signal */
  guint n_messages;
  guint n_invalid;
  guint n_failed;
  guint n_disconnected;
} End;

/* A channel, open in the thread's main context, and the descriptor of its other end. */
End       *end_new                (int          *peer_fd);
/* Over a socket that is there. */
End       *end_new_for_fd         (int           fd);
/* Two channels, one at each end. */
void       end_new_pair           (End         **a,
                                   End         **b);
/* Asserts that nothing else holds the channel. */
void       end_free               (End          *self);

void       end_send               (End          *self,
                                   const char   *json);
void       assert_refuses         (CprocChannel *channel,
                                   const char   *json,
                                   CprocError    code);
/* A message of that many bytes. */
char      *make_large             (gsize         length);

/* Callbacks that write to a GString how it went: "sent ", or "not-sent:CODE ". */
void       on_sent                (GObject      *object,
                                   GAsyncResult *result,
                                   gpointer      user_data);
void       on_flushed             (GObject      *object,
                                   GAsyncResult *result,
                                   gpointer      user_data);

/* All that come from now on. */
GPtrArray *end_keep_messages      (End          *self);
/* A descriptor that came with one of them, which is still the message's. */
int        peek_fd                (GPtrArray    *messages,
                                   guint         message,
                                   guint         index);

void       run_until              (guint        *count,
                                   guint         reached);
void       run_until_disconnected (End          *self);
/* Until nothing is ready. */
void       run_pending            (void);

/* Blocking. */
void       write_string           (int           fd,
                                   const char   *text);
void       write_with_fds         (int           fd,
                                   const char   *text,
                                   const int    *fds,
                                   guint         n_fds);

/* One end of a UNIX socket in whose queue the last reference of a TCP socket lies that lingers.
 * Nobody accepts the connection, so what the socket has sent stays unread: close() takes an hour,
 * or until the listener is closed. */
int        make_lingering_socket  (int          *listener);

/* What is there now, and what there is when the main loop has had its turn, too. */
char      *read_available         (int           fd);
char      *read_all               (int           fd);
void       assert_reads           (int           fd,
                                   const char   *expected);

/* The other end of this pipe or socket. */
gboolean   is_closed              (int           fd);

guint      count_fds              (void);
gsize      get_resident           (void);

/* Does not pass on a limit that the program sets. */
gboolean   skip_on_valgrind       (void);

G_END_DECLS
