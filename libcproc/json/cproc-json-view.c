/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <gio/gio.h>
#include <glib/gi18n-lib.h>

#include "cproc-error.h"
#include "cproc-json-value-private.h"
#include "cproc-json-view-private.h"

static char *
dup_pointer_of (const CprocJsonView *self,
                const CprocJsonSpan *value)
{
  return cproc_json_view_dup_pointer (self, value->data);
}

gint64
cproc_json_view_get_int64 (const CprocJsonView  *self,
                           const char           *pointer,
                           GError              **error)
{
  g_autofree char *place = NULL;
  CprocJsonSpan value;
  gint64 number;

  if (!cproc_json_view_lookup (self, pointer, &value, error))
    return 0;
  if (cproc_json_span_to_int64 (&value, &number))
    return number;

  place = dup_pointer_of (self, &value);
  g_set_error (error, CPROC_ERROR, CPROC_ERROR_INVALID_MESSAGE,
               _("The value at “%s” is not an integer that fits into 64 bits"), place);

  return 0;
}

double
cproc_json_view_get_double (const CprocJsonView  *self,
                            const char           *pointer,
                            GError              **error)
{
  g_autofree char *place = NULL;
  CprocJsonSpan value;
  double number;

  if (!cproc_json_view_lookup (self, pointer, &value, error))
    return 0;
  if (cproc_json_span_to_double (&value, &number))
    return number;

  place = dup_pointer_of (self, &value);
  g_set_error (error, CPROC_ERROR, CPROC_ERROR_INVALID_MESSAGE,
               _("The value at “%s” is not a number"), place);

  return 0;
}

gboolean
cproc_json_view_get_boolean (const CprocJsonView  *self,
                             const char           *pointer,
                             GError              **error)
{
  g_autofree char *place = NULL;
  CprocJsonSpan value;
  gboolean truth;

  if (!cproc_json_view_lookup (self, pointer, &value, error))
    return FALSE;
  if (cproc_json_span_to_boolean (&value, &truth))
    return truth;

  place = dup_pointer_of (self, &value);
  g_set_error (error, CPROC_ERROR, CPROC_ERROR_INVALID_MESSAGE,
               _("The value at “%s” is neither true nor false"), place);

  return FALSE;
}

char *
cproc_json_view_dup_string (const CprocJsonView  *self,
                            const char           *pointer,
                            GError              **error)
{
  g_autofree char *place = NULL;
  g_autofree char *string = NULL;
  CprocJsonSpan value;

  if (!cproc_json_view_lookup (self, pointer, &value, error))
    return NULL;

  string = cproc_json_span_to_string (&value);
  if (string != NULL && !cproc_json_span_has_nul (&value))
    return g_steal_pointer (&string);

  place = dup_pointer_of (self, &value);
  g_set_error (error, CPROC_ERROR, CPROC_ERROR_INVALID_MESSAGE,
               string == NULL ? _("The value at “%s” is not a string")
                              : _("The string at “%s” has a U+0000 in it"), place);

  return NULL;
}
