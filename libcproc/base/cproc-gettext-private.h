/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Translates a message of the library. The first call binds the library's text domain, because
 * there is no init function and no code runs when the library is loaded. Use this instead of
 * <glib/gi18n-lib.h>. */
const char *cproc_gettext (const char *text) G_GNUC_FORMAT (1);

#define _(text) cproc_gettext (text)
#define N_(text) (text)

G_END_DECLS
