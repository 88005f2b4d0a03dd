/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-resource-usage.h"

G_DEFINE_BOXED_TYPE (CprocResourceUsage, cproc_resource_usage, cproc_resource_usage_copy,
                     cproc_resource_usage_free)

/**
 * cproc_resource_usage_copy:
 * @self: a resource usage
 *
 * Copies a resource usage.
 *
 * Returns: (transfer full): the copy
 *
 * Since: 1.0
 */
CprocResourceUsage *
cproc_resource_usage_copy (const CprocResourceUsage *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return g_memdup2 (self, sizeof *self);
}

/**
 * cproc_resource_usage_free:
 * @self: a resource usage
 *
 * Frees a resource usage.
 *
 * Since: 1.0
 */
void
cproc_resource_usage_free (CprocResourceUsage *self)
{
  g_free (self);
}
