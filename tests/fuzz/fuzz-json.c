/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A text that passes the check is read, written and found in as it should be; of one that does not
 * the error names a place in it. */

#include "config.h"

#include <string.h>

#include "cproc-error.h"
#include "cproc-json-private.h"
#include "cproc-json-scan-private.h"

#include "fuzz.h"

/* Each is looked for from the beginning. */
#define MAX_MEMBERS 40

static JsonNode *
parse_span (const CprocJsonSpan *span)
{
  g_assert_true (cproc_json_check (span->data, span->length, NULL));

  return cproc_json_parse (span->data, span->length);
}

static void
assert_members_found (const char *text,
                      gsize       length,
                      JsonNode   *node)
{
  JsonObjectIter iter;
  const char *name;
  JsonNode *member;

  json_object_iter_init_ordered (&iter, json_node_get_object (node));
  for (guint i = 0; i < MAX_MEMBERS && json_object_iter_next_ordered (&iter, &name, &member); i++)
    {
      g_autoptr(JsonNode) found = NULL;
      CprocJsonSpan span;

      g_assert_true (cproc_json_find_member (text, length, name, &span));
      g_assert_true (span.data > text && span.data + span.length < text + length);
      found = parse_span (&span);
      g_assert_true (json_node_equal (found, member));

      if (span.data[0] == '"')
        {
          g_autofree char *string = cproc_json_span_to_string (&span);

          g_assert_cmpstr (string, ==, json_node_get_string (member));
        }
    }
}

static void
assert_accepted (const char *text,
                 gsize       length)
{
  g_autoptr(JsonNode) node = cproc_json_parse (text, length);
  g_autoptr(JsonNode) again = NULL;
  g_autoptr(GString) written = g_string_new (NULL);
  g_autoptr(GString) rewritten = g_string_new (NULL);
  g_autoptr(GError) error = NULL;

  g_assert_true (g_utf8_validate_len (text, length, NULL));

  cproc_json_write (node, written, &error);
  g_assert_no_error (error);
  cproc_json_check (written->str, written->len, &error);
  g_assert_no_error (error);
  g_assert_null (strpbrk (written->str, "\n\r\t"));

  again = cproc_json_parse (written->str, written->len);
  g_assert_true (json_node_equal (node, again));
  cproc_json_write (again, rewritten, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (written->str, ==, rewritten->str);

  if (JSON_NODE_HOLDS_OBJECT (node))
    {
      assert_members_found (text, length, node);
      assert_members_found (written->str, written->len, node);
    }
}

static void
assert_rejected (gsize   length,
                 GError *error)
{
  const char *prefix = "Not JSON at byte ";

  g_assert_error (error, CPROC_ERROR, CPROC_ERROR_INVALID_MESSAGE);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  g_assert_true (g_str_has_prefix (error->message, prefix));
  g_assert_cmpuint (g_ascii_strtoull (error->message + strlen (prefix), NULL, 10), <=, length);
}

/* Where the processor has the fast check, it says the same of every object and array. */
static void
assert_same (const char *text,
             gsize       length)
{
  const char *p = cproc_json_skip_space (text, text + length);
  gboolean container = p < text + length && (*p == '{' || *p == '[');
  gboolean expected = container && cproc_json_check_by_token (text, length, NULL, NULL);

  if (cproc_json_check_fast ("[]", 2, NULL))
    g_assert_cmpint (cproc_json_check_fast (text, length, NULL), ==, expected);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         size)
{
  const char *text = (const char *) data;
  g_autofree char *padded = g_malloc (size + 2);
  g_autoptr(GError) error = NULL;
  gboolean valid = cproc_json_check (text, size, &error);

  if (valid)
    assert_accepted (text, size);
  else
    assert_rejected (size, error);

  padded[0] = ' ';
  memcpy (padded + 1, text, size);
  padded[size + 1] = '\n';
  g_assert_cmpint (cproc_json_check (padded, size + 2, NULL), ==, valid);
  assert_same (padded, size + 2);

  padded[0] = '[';
  padded[size + 1] = ']';
  assert_same (padded, size + 2);

  return 0;
}
