/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Translates a message of the library. The first call binds the library's text domain: there is no
 * function that every program calls first, and nothing runs when the library is loaded. Stands in
 * the place of <glib/gi18n-lib.h>. */
const char *cproc_gettext (const char *text) G_GNUC_FORMAT (1);

#define _(text) cproc_gettext (text)
#define N_(text) (text)

G_END_DECLS
