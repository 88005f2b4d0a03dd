/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "cproc-json-private.h"

G_BEGIN_DECLS

/* Reads one value of a checked text. */

/* FALSE if it is not a number, not an integer, or does not fit. 1.0 and 1e3 are integers. */
gboolean cproc_json_span_to_int64    (const CprocJsonSpan *span,
                                      gint64              *value);
gboolean cproc_json_span_to_uint64   (const CprocJsonSpan *span,
                                      guint64             *value);

/* FALSE if it is not a number. */
gboolean cproc_json_span_to_double   (const CprocJsonSpan *span,
                                      double              *value);

/* FALSE if it is neither true nor false. */
gboolean cproc_json_span_to_boolean  (const CprocJsonSpan *span,
                                      gboolean            *value);

/* Returns whether a string has a U+0000, which a C string cannot hold. */
gboolean cproc_json_span_has_nul     (const CprocJsonSpan *span);

G_END_DECLS
