/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

/* What both ends of a channel know of its messages beforehand. */

#define SOAK_MAX_MESSAGE 30000

static inline guint32
soak_hash (guint32 seed,
           guint32 number)
{
  guint32 hash = (seed ^ number) * 2654435761u;

  hash = (hash ^ hash >> 15) * 2246822519u;

  return hash ^ hash >> 13;
}

/* The message of this number. */
static inline char *
soak_message (guint32 seed,
              guint32 number)
{
  guint32 hash = soak_hash (seed, number);
  gsize length = hash % 16 == 0 ? hash / 16 % (SOAK_MAX_MESSAGE - 100) : hash / 16 % 200;
  GString *text = g_string_new (NULL);

  g_string_append_printf (text, "{\"n\":%u,\"data\":\"", number);
  for (gsize i = 0; i < length; i++)
    g_string_append_c (text, 'a' + (hash + i) % 26);
  g_string_append (text, "\"}");

  return g_string_free (text, FALSE);
}

/* What a bad worker writes before the message of this number; is_told: the other end is to tell
 * of it. NULL: nothing. */
static inline char *
soak_junk (guint32   seed,
           guint32   number,
           gboolean *is_told)
{
  guint32 kind = soak_hash (seed + 1, number) % 20;

  *is_told = TRUE;
  switch (kind)
    {
    case 0:
      return g_strdup ("");
    case 1:
      return g_strdup ("undefined");
    case 2:
      return g_strdup ("{\"n\":");
    case 3:
      return g_strdup ("\"\xff\"");
    case 4:
      return g_strnfill (600, '[');
    case 5:
      return g_strnfill (SOAK_MAX_MESSAGE + 10000, '1');
    case 6:
      return g_strdup ("{\"cmd\":\"NODE_HANDLE\",\"type\":\"net.Native\",\"msg\":1}");
    case 7:
      *is_told = FALSE;
      return g_strdup ("{\"cmd\":\"NODE_HANDLE_ACK\"}");
    case 8:
      *is_told = FALSE;
      return g_strdup ("{\"cmd\":\"NODE_OF_TOMORROW\",\"n\":0}");
    case 9:
      return g_strdup ("{\"n\":1}x");
    default:
      *is_told = FALSE;
      return NULL;
    }
}
