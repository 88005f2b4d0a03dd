/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A peer that writes whatever the input is to a channel. The first bytes say how: in pieces of what
 * size, with how many descriptors, under what limit. What comes out must be valid, within the limit
 * and in a line of its own; everything comes to its end; no descriptor is left. */

#include "config.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cproc-channel-private.h"
#include "cproc-frame-splitter-private.h"
#include "cproc-json-private.h"

#include "fuzz.h"

/* What the kernel's buffer takes while nobody reads, in pieces of one byte too. */
#define MAX_PIECES 100
#define MAX_FDS 3

typedef struct
{
  GString *texts;
  guint64 max_size;
  guint n_disconnected;
} Record;

static void
on_message (CprocChannel *channel,
            CprocMessage *message,
            gpointer      user_data)
{
  Record *record = user_data;
  const char *text = cproc_message_get_text (message);
  g_autofree char *cmd = NULL;
  CprocJsonSpan span;

  g_assert_cmpuint (record->n_disconnected, ==, 0);
  g_assert_cmpuint (strlen (text), >, 0);
  g_assert_cmpuint (strlen (text), <=, record->max_size);
  g_assert_true (cproc_json_check (text, strlen (text), NULL));
  g_assert_null (strchr (text, '\n'));
  g_assert_nonnull (cproc_message_get_root (message));

  if (text[0] == '{' && cproc_json_find_member (text, strlen (text), "cmd", &span))
    cmd = cproc_json_span_to_string (&span);
  g_assert_true (cmd == NULL || !g_str_has_prefix (cmd, "NODE_") || strlen (cmd) == 5);
}

static void
on_invalid_message (CprocChannel *channel,
                    GError       *error,
                    gpointer      user_data)
{
  Record *record = user_data;

  g_assert_cmpuint (record->n_disconnected, ==, 0);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
}

static void
on_disconnected (CprocChannel *channel,
                 gpointer      user_data)
{
  Record *record = user_data;

  record->n_disconnected++;
}

static void
write_piece (int         fd,
             const char *data,
             gsize       length,
             guint       n_fds)
{
  union
  {
    struct cmsghdr align;
    char buffer[CMSG_SPACE (MAX_FDS * sizeof (int))];
  } control = { .buffer = { 0 } };
  struct iovec iov = { (char *) data, length };
  struct msghdr header = { .msg_iov = &iov, .msg_iovlen = 1 };
  int fds[MAX_FDS];

  for (guint i = 0; i < n_fds; i++)
    fds[i] = open ("/dev/null", O_RDONLY | O_CLOEXEC);

  if (n_fds > 0)
    {
      header.msg_control = &control;
      header.msg_controllen = CMSG_SPACE (n_fds * sizeof (int));
      control.align.cmsg_level = SOL_SOCKET;
      control.align.cmsg_type = SCM_RIGHTS;
      control.align.cmsg_len = CMSG_LEN (n_fds * sizeof (int));
      memcpy (CMSG_DATA (&control.align), fds, n_fds * sizeof (int));
    }

  g_assert_cmpint (sendmsg (fd, &header, MSG_DONTWAIT | MSG_NOSIGNAL), ==, length);
  for (guint i = 0; i < n_fds; i++)
    close (fds[i]);
}

/* The next descriptor that is free: the same before and behind if none was left open. */
static int
get_next_fd (void)
{
  int fd = open ("/dev/null", O_RDONLY | O_CLOEXEC);

  close (fd);

  return fd;
}

static void
talk (Record     *record,
      const char *data,
      gsize       size,
      gsize       piece,
      guint       n_fds,
      gboolean    at_once)
{
  CprocChannel *channel = cproc_channel_new ();
  int fds[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
  cproc_channel_set_max_message_size (channel, record->max_size);
  g_signal_connect (channel, "message", G_CALLBACK (on_message), record);
  g_signal_connect (channel, "invalid-message", G_CALLBACK (on_invalid_message), record);
  g_signal_connect (channel, "disconnected", G_CALLBACK (on_disconnected), record);
  g_assert_true (cproc_channel_open (channel, fds[0], NULL, NULL));

  for (gsize i = 0; i < size; i += piece)
    {
      write_piece (fds[1], data + i, MIN (piece, size - i), i / piece % 2 == 0 ? n_fds : 0);
      while (!at_once && g_main_context_iteration (NULL, FALSE))
        ;
    }
  close (fds[1]);

  while (record->n_disconnected == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_finalize_object (channel);
}

/* Cut anywhere, the same frames come out. */
static void
cut (const char *data,
     gsize       size,
     gsize       piece,
     guint64     max_size,
     GString    *out)
{
  CprocFrameSplitter frames;

  cproc_frame_splitter_init (&frames, 8, max_size);
  for (gsize i = 0; i < size; i += piece)
    {
      CprocFrameKind kind;
      const char *text;
      gsize length;

      cproc_frame_splitter_feed (&frames, data + i, MIN (piece, size - i));
      while ((kind = cproc_frame_splitter_next (&frames, &text, &length)) != CPROC_FRAME_NONE)
        {
          g_assert_true (kind == CPROC_FRAME_TOO_LARGE || length <= max_size);
          g_string_append_c (out, kind == CPROC_FRAME_TEXT ? '+' : '-');
          g_string_append_len (out, text, length);
        }
      g_assert_cmpuint (cproc_frame_splitter_get_partial (&frames), <=, max_size + 1);
    }
  cproc_frame_splitter_clear (&frames);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         size)
{
  const char *text = (const char *) data + 3;
  g_autoptr(GString) pieces = g_string_new (NULL);
  g_autoptr(GString) whole = g_string_new (NULL);
  GMainContext *context = g_main_context_default (); /* has a descriptor of its own from now on */
  Record record = { .n_disconnected = 0 };
  gsize piece;
  int next_fd;

  if (size <= 3)
    return 0;

  size -= 3;
  piece = MAX ((gsize) data[0] + 1, size / MAX_PIECES + 1);
  record.max_size = 1 + (data[2] < 128 ? data[2] : data[2] * 16);

  g_assert_nonnull (context);
  next_fd = get_next_fd ();
  talk (&record, text, size, piece, data[1] % (MAX_FDS + 1), data[1] >= 128);
  g_assert_cmpuint (record.n_disconnected, ==, 1);
  g_assert_cmpint (get_next_fd (), ==, next_fd);

  cut (text, size, piece, record.max_size, pieces);
  cut (text, size, size, record.max_size, whole);
  g_assert_true (g_string_equal (pieces, whole));

  return 0;
}
