/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#if !defined (CPROC_INSIDE) && !defined (CPROC_COMPILATION)
#error "Only <libcproc.h> can be included directly."
#endif

#include <glib.h>

#include "cproc-version.h"

#ifndef _CPROC_EXTERN
#define _CPROC_EXTERN extern
#endif

#define CPROC_VERSION_1_0 (G_ENCODE_VERSION (1, 0))

/**
 * CPROC_VERSION_MAX_ALLOWED:
 *
 * The newest version whose symbols a program may use; define it before including `libcproc.h`.
 *
 * A symbol that came later gives a compiler warning.
 *
 * Since: 1.0
 */
#ifndef CPROC_VERSION_MAX_ALLOWED
#define CPROC_VERSION_MAX_ALLOWED CPROC_VERSION_1_0
#endif

#if CPROC_VERSION_MAX_ALLOWED < CPROC_VERSION_1_0
#define CPROC_AVAILABLE_IN_1_0 G_UNAVAILABLE (1, 0) _CPROC_EXTERN
#else
#define CPROC_AVAILABLE_IN_1_0 _CPROC_EXTERN
#endif
