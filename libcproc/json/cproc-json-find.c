/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <string.h>

#include "cproc-json-private.h"
#include "cproc-json-scan-private.h"
#include "cproc-json-walk-private.h"

gboolean
cproc_json_find_member (const char    *text,
                        gsize          length,
                        const char    *name,
                        CprocJsonSpan *value)
{
  const char *end = text + length;
  gsize name_length = strlen (name);
  gboolean found = FALSE;
  CprocJsonWalk walk;
  const char *place;

  if (!cproc_json_walk_init (&walk, cproc_json_skip_space (text, end), end) || !walk.is_object)
    return FALSE;

  while ((place = cproc_json_walk_next (&walk)) != NULL)
    {
      const char *behind = cproc_json_skip_value (place, end);

      if (cproc_json_walk_name_is (&walk, name, name_length))
        {
          *value = (CprocJsonSpan) { place, behind - place };
          found = TRUE;
        }
      cproc_json_walk_leave (&walk, behind);
    }

  return found;
}
