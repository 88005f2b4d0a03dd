/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-error.h"

/**
 * cproc_error_quark:
 *
 * Gets the domain of the errors of [error@Cproc.Error], which C knows as `CPROC_ERROR`.
 *
 * Returns: the domain
 *
 * Since: 1.0
 */
G_DEFINE_QUARK (cproc-error-quark, cproc_error)

/**
 * cproc_reply_error_quark:
 *
 * Gets the domain of the errors of [error@Cproc.ReplyError], which C knows as `CPROC_REPLY_ERROR`.
 *
 * Returns: the domain
 *
 * Since: 1.0
 */
G_DEFINE_QUARK (cproc-reply-error-quark, cproc_reply_error)
