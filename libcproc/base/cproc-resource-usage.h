/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#if !defined (CPROC_INSIDE) && !defined (CPROC_COMPILATION)
#error "Only <libcproc.h> can be included directly."
#endif

#include <glib-object.h>

#include "cproc-version-macros.h"

G_BEGIN_DECLS

#define CPROC_TYPE_RESOURCE_USAGE (cproc_resource_usage_get_type ())

/**
 * CprocResourceUsage:
 * @user_time: processor time in the program's own code, in microseconds
 * @system_time: processor time in the kernel, in microseconds
 * @max_rss: the most memory that was resident at once, in bytes
 *
 * What a process has used up until its end, with the descendants that it has waited for.
 *
 * Since: 1.0
 */
typedef struct _CprocResourceUsage CprocResourceUsage;

struct _CprocResourceUsage
{
  gint64 user_time;
  gint64 system_time;
  gint64 max_rss;
};

CPROC_AVAILABLE_IN_1_0
GType               cproc_resource_usage_get_type (void);

CPROC_AVAILABLE_IN_1_0
CprocResourceUsage *cproc_resource_usage_copy     (const CprocResourceUsage *self)
  G_GNUC_WARN_UNUSED_RESULT;
CPROC_AVAILABLE_IN_1_0
void                cproc_resource_usage_free     (CprocResourceUsage       *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CprocResourceUsage, cproc_resource_usage_free)

G_END_DECLS
