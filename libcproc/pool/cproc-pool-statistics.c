/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-pool-statistics-private.h"

void
cproc_pool_times_add (CprocPoolTimes *self,
                      gint64          time)
{
  guint64 value = MAX (time, 0);
  guint bucket = 0;

  while (bucket < CPROC_POOL_N_BUCKETS - 1 && value >> (bucket + 1) != 0)
    bucket++;

  self->count++;
  self->sum += value;
  self->max = MAX (self->max, value);
  self->buckets[bucket]++;
}

void
cproc_pool_times_dup (const CprocPoolTimes *self,
                      GVariantBuilder      *builder,
                      const char           *name)
{
  const struct
  {
    const char *suffix;
    guint64 value;
  } sums[] = {
    { "count", self->count },
    { "sum", self->sum },
    { "max", self->max },
  };

  for (guint i = 0; i < G_N_ELEMENTS (sums); i++)
    {
      g_autofree char *key = g_strconcat (name, "-", sums[i].suffix, NULL);

      g_variant_builder_add (builder, "{sv}", key, g_variant_new_uint64 (sums[i].value));
    }

  g_variant_builder_add (builder, "{sv}", name,
                         g_variant_new_fixed_array (G_VARIANT_TYPE_UINT64, self->buckets,
                                                    CPROC_POOL_N_BUCKETS, sizeof (guint64)));
}
