/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The workers of the soak program: soak-peer MODE SEED COUNT [HOW].
 *
 * numbers: sends so many messages while it takes as many as come, and checks these
 * garbage: writes so many with what is none between them
 * die: writes so many and the beginning of another, and ends by SIGKILL, or HOW "exit" with 3
 * shut: writes so many, closes the channel and stays
 * deaf: reads nothing and stays */

#include <libcproc.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "soak-message.h"
#include "../lib/send-util.h"

static GMainLoop *loop;
static CprocChannel *channel;
static guint32 seed;
static guint n_to_send;
static guint n_sent;
static guint n_received;

static void G_GNUC_NORETURN G_GNUC_PRINTF (1, 2)
die (const char *format,
     ...)
{
  va_list args;
  g_autofree char *text = NULL;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_printerr ("soak-peer: %s\n", text);
  exit (70);
}

static void
send_text (const char *text)
{
  g_autoptr(GError) error = NULL;

  if (!send_json (channel, text, &error))
    die ("message %u: %s", n_sent, error->message);
}

/* A few at a time, and none that has to wait long. */
static gboolean
send_some (gpointer user_data)
{
  for (guint i = 0; i < 20 && n_sent < n_to_send; i++)
    {
      g_autofree char *text = soak_message (seed, n_sent);

      if (cproc_channel_get_congested (channel))
        {
          g_timeout_add (1, send_some, NULL);
          return G_SOURCE_REMOVE;
        }
      send_text (text);
      n_sent++;
    }

  if (n_sent < n_to_send)
    return G_SOURCE_CONTINUE;

  send_text ("\"sent\"");

  return G_SOURCE_REMOVE;
}

static void
on_message (CprocChannel *self,
            CprocMessage *message)
{
  g_autofree char *expected = soak_message (seed + 1, n_received);
  const char *text = cproc_message_get_text (message);

  if (g_str_equal (text, "\"end\""))
    {
      g_autofree char *reply = g_strdup_printf ("[%u]", n_received);

      send_text (reply);
      return;
    }

  if (!g_str_equal (text, expected))
    die ("instead of message %u: %.100s", n_received, text);
  n_received++;
}

static void
on_invalid_message (CprocChannel *self,
                    GError       *error)
{
  die ("%s", error->message);
}

static int
talk (void)
{
  g_autoptr(GError) error = NULL;

  channel = cproc_channel_get_parent (&error);
  if (channel == NULL)
    die ("no channel");

  loop = g_main_loop_new (NULL, FALSE);
  g_signal_connect (channel, "message", G_CALLBACK (on_message), NULL);
  g_signal_connect (channel, "invalid-message", G_CALLBACK (on_invalid_message), NULL);
  g_signal_connect_swapped (channel, "disconnected", G_CALLBACK (g_main_loop_quit), loop);
  g_idle_add (send_some, NULL);
  g_main_loop_run (loop);

  return 0;
}

static void
write_line (int         fd,
            const char *text,
            const char *end)
{
  g_autofree char *line = g_strconcat (text, end, NULL);
  gsize length = strlen (line);

  for (gsize at = 0; at < length;)
    {
      gssize written = write (fd, line + at, length - at);

      if (written < 0 && errno != EINTR)
        exit (74);
      at += MAX (written, 0);
    }
}

static void
write_raw (int      fd,
           gboolean with_junk)
{
  for (guint i = 0; i < n_to_send; i++)
    {
      g_autofree char *text = soak_message (seed, i);
      g_autofree char *junk = NULL;
      gboolean is_told;

      if (with_junk && (junk = soak_junk (seed, i, &is_told)) != NULL)
        write_line (fd, junk, "\n");
      write_line (fd, text, i % 7 == 0 ? "\r\n" : "\n");
    }
}

static void G_GNUC_NORETURN
stay (void)
{
  alarm (600);
  for (;;)
    pause ();
}

int
main (int    argc,
      char **argv)
{
  const char *number = g_getenv ("NODE_CHANNEL_FD");
  int fd = number != NULL ? atoi (number) : -1;
  const char *mode = argv[1];

  if (argc < 4)
    return 64;

  seed = g_ascii_strtoull (argv[2], NULL, 10);
  n_to_send = g_ascii_strtoull (argv[3], NULL, 10);
  if (g_str_equal (mode, "numbers"))
    return talk ();
  if (g_str_equal (mode, "deaf"))
    stay ();

  write_raw (fd, g_str_equal (mode, "garbage"));
  if (g_str_equal (mode, "shut"))
    {
      close (fd);
      stay ();
    }
  if (g_str_equal (mode, "die"))
    {
      write_line (fd, "{\"n\":12", "");
      if (argc > 4)
        return 3;
      raise (SIGKILL);
    }

  return 0;
}
