/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Decodes bytes, in pieces cut anywhere, to UTF-8 that a C string can hold. NUL and bytes that do
 * not decode become U+FFFD (one for each maximal part of a broken sequence, as in WHATWG's
 * "Encoding"). A character that is cut by the end of a piece waits for the next one. */
typedef struct _CprocTextDecoder CprocTextDecoder;

/* Returns iconv(3)'s name for an encoding named as in Node or in Python; any other name stays as it
 * is. */
char             *cproc_encoding_dup_known_name (const char *encoding);

/* Fails with G_CONVERT_ERROR_NO_CONVERSION if the system does not know the encoding. */
CprocTextDecoder *cproc_text_decoder_new     (const char        *encoding,
                                              GError           **error);
void              cproc_text_decoder_free    (CprocTextDecoder  *self);

/* Sets the text that replaces bytes that do not decode, instead of U+FFFD. */
void              cproc_text_decoder_set_replacement (CprocTextDecoder *self,
                                                      const char       *replacement);
gboolean          cproc_text_decoder_has_replaced    (CprocTextDecoder *self);

gboolean          cproc_text_decoder_is_utf8 (CprocTextDecoder  *self);

/* Appends the bytes of the unfinished character to out, as they came, and forgets them. */
void              cproc_text_decoder_steal_rest (CprocTextDecoder *self,
                                                 GString          *out);

/* flush: this is the end of the input; an unfinished character becomes U+FFFD. */
void              cproc_text_decoder_decode  (CprocTextDecoder  *self,
                                              const char        *data,
                                              gsize              length,
                                              gboolean           flush,
                                              GString           *out);

/* Decodes a whole text; as UTF-8 if the system does not know the encoding. */
char             *cproc_text_decode          (const char        *data,
                                              gsize              length,
                                              const char        *encoding);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CprocTextDecoder, cproc_text_decoder_free)

G_END_DECLS
