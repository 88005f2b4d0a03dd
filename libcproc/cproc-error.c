/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-error.h"

G_DEFINE_QUARK (cproc-error-quark, cproc_error)
