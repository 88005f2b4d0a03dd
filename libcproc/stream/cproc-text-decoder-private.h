/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Bytes in some encoding, in pieces cut anywhere, to UTF-8 that a C string can hold: what does not
 * decode, and NUL, becomes U+FFFD (one for each maximal part of a broken sequence, as WHATWG's
 * "Encoding" has it); a character that is cut by a piece's end waits for the next one. */
typedef struct _CprocTextDecoder CprocTextDecoder;

/* The length of the longest start of data that is UTF-8 without NUL, whole characters. */
gsize             cproc_utf8_span            (const char        *data,
                                              gsize              length);

/* The name by which iconv(3) knows an encoding that is named as in Node or in Python; another name
 * stays as it is. */
char             *cproc_encoding_dup_known_name (const char *encoding);

/* G_CONVERT_ERROR_NO_CONVERSION for an encoding that the system does not know. */
CprocTextDecoder *cproc_text_decoder_new     (const char        *encoding,
                                              GError           **error);
void              cproc_text_decoder_free    (CprocTextDecoder  *self);

/* What stands for bytes that do not decode, in place of U+FFFD. */
void              cproc_text_decoder_set_replacement (CprocTextDecoder *self,
                                                      const char       *replacement);
gboolean          cproc_text_decoder_has_replaced    (CprocTextDecoder *self);

gboolean          cproc_text_decoder_is_utf8 (CprocTextDecoder  *self);

/* flush: there is no more; an unfinished character becomes U+FFFD. */
void              cproc_text_decoder_decode  (CprocTextDecoder  *self,
                                              const char        *data,
                                              gsize              length,
                                              gboolean           flush,
                                              GString           *out);

/* The same for a whole text; as UTF-8 where the system does not know the encoding. */
char             *cproc_text_decode          (const char        *data,
                                              gsize              length,
                                              const char        *encoding);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CprocTextDecoder, cproc_text_decoder_free)

G_END_DECLS
