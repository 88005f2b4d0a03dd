/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A text comes to the same however it is cut, is valid UTF-8, and has no NUL. */

#include "config.h"

#include "cproc-text-decoder-private.h"

#include "fuzz-text.h"
#include "fuzz.h"

static GString *
decode_pieces (CprocTextDecoder *decoder,
               const char       *data,
               gsize             size,
               guint32           state)
{
  GString *text = g_string_new (NULL);

  for (gsize i = 0; i < size;)
    {
      gsize n = fuzz_piece (&state, size - i);
      g_autofree char *piece = g_memdup2 (data + i, n);

      cproc_text_decoder_decode (decoder, piece, n, FALSE, text);
      i += n;
    }
  cproc_text_decoder_decode (decoder, NULL, 0, TRUE, text);

  return text;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         size)
{
  g_autoptr(CprocTextDecoder) decoder = NULL;
  g_autoptr(GString) whole = NULL;
  g_autoptr(GString) cut = NULL;
  const char *text = (const char *) data + 2;

  if (size < 2 || (decoder = cproc_text_decoder_new (fuzz_encoding (data[0]), NULL)) == NULL)
    return 0;

  size -= 2;
  whole = g_string_new (NULL);
  cproc_text_decoder_decode (decoder, text, size, TRUE, whole);
  cut = decode_pieces (decoder, text, size, data[1]);

  g_assert_cmpmem (whole->str, whole->len, cut->str, cut->len);
  g_assert_true (g_utf8_validate_len (whole->str, whole->len, NULL));

  if (cproc_text_decoder_is_utf8 (decoder))
    {
      g_autoptr(GString) naive = naive_decode_utf8 (text, size);

      g_assert_cmpmem (whole->str, whole->len, naive->str, naive->len);
    }

  return 0;
}
