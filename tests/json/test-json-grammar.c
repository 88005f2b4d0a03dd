/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Holds the check against another one, on far more texts than anyone would write down. */

#include "config.h"

#include <math.h>
#include <string.h>

#include "cproc-json-private.h"

#include "json-texts.h"

/* This judge is written for nothing but to be seen to be right: a function for each rule. */

typedef struct
{
  const char *p;
  const char *end;
} Judge;

static gboolean judge_value (Judge *self,
                             guint  depth);

static gboolean
judge_take (Judge      *self,
            const char *set)
{
  if (self->p == self->end || *self->p == '\0' || strchr (set, *self->p) == NULL)
    return FALSE;

  self->p++;
  return TRUE;
}

static void
judge_space (Judge *self)
{
  while (judge_take (self, " \t\r\n"))
    ;
}

static gboolean
judge_digits (Judge *self)
{
  gboolean any = FALSE;

  while (judge_take (self, "0123456789"))
    any = TRUE;

  return any;
}

static gboolean
judge_number (Judge *self)
{
  const char *start = self->p;
  g_autofree char *number = NULL;

  judge_take (self, "-");
  if (!judge_take (self, "0") && !judge_digits (self))
    return FALSE;
  if (judge_take (self, ".") && !judge_digits (self))
    return FALSE;
  if (judge_take (self, "eE"))
    {
      judge_take (self, "+-");
      if (!judge_digits (self))
        return FALSE;
    }

  number = g_strndup (start, self->p - start);

  return isfinite (g_ascii_strtod (number, NULL));
}

static gboolean
judge_string (Judge *self)
{
  if (!judge_take (self, "\""))
    return FALSE;

  while (!judge_take (self, "\""))
    {
      if (judge_take (self, "\\"))
        {
          if (judge_take (self, "\"\\/bfnrt"))
            continue;
          if (!judge_take (self, "u"))
            return FALSE;
          for (guint i = 0; i < 4; i++)
            if (!judge_take (self, "0123456789abcdefABCDEF"))
              return FALSE;
        }
      else if (self->p == self->end || (guchar) *self->p < 0x20)
        return FALSE;
      else
        self->p++;
    }

  return TRUE;
}

static gboolean
judge_word (Judge      *self,
            const char *word)
{
  for (; *word != '\0'; word++)
    if (!judge_take (self, (const char[]) { *word, '\0' }))
      return FALSE;

  return TRUE;
}

static gboolean
judge_object (Judge *self,
              guint  depth)
{
  self->p++;
  judge_space (self);
  if (judge_take (self, "}"))
    return TRUE;

  do
    {
      judge_space (self);
      if (!judge_string (self))
        return FALSE;
      judge_space (self);
      if (!judge_take (self, ":") || !judge_value (self, depth + 1))
        return FALSE;
    }
  while (judge_take (self, ","));

  return judge_take (self, "}");
}

static gboolean
judge_array (Judge *self,
             guint  depth)
{
  self->p++;
  judge_space (self);
  if (judge_take (self, "]"))
    return TRUE;

  do
    {
      if (!judge_value (self, depth + 1))
        return FALSE;
    }
  while (judge_take (self, ","));

  return judge_take (self, "]");
}

static gboolean
judge_value (Judge *self,
             guint  depth)
{
  gboolean valid;

  judge_space (self);
  if (self->p == self->end)
    return FALSE;

  switch (*self->p)
    {
    case '{':
      valid = depth < 512 && judge_object (self, depth);
      break;
    case '[':
      valid = depth < 512 && judge_array (self, depth);
      break;
    case '"':
      valid = judge_string (self);
      break;
    case 't':
      valid = judge_word (self, "true");
      break;
    case 'f':
      valid = judge_word (self, "false");
      break;
    case 'n':
      valid = judge_word (self, "null");
      break;
    default:
      valid = judge_number (self);
    }

  judge_space (self);

  return valid;
}

static gboolean
judge_text (const char *text,
            gsize       length)
{
  Judge judge = { text, text + length };

  return g_utf8_validate_len (text, length, NULL) && judge_value (&judge, 0) &&
         judge.p == judge.end;
}

static void
assert_judged_alike (const char *text,
                     gsize       length)
{
  /* In memory of exactly its size, so that a tool sees when a byte beyond is touched. */
  g_autofree char *copy = g_memdup2 (text, length);

  if (cproc_json_check (copy, length, NULL) != judge_text (text, length))
    {
      g_autofree char *escaped = g_strndup (text, length);

      g_test_message ("judged differently: %s", escaped);
      g_test_fail ();
    }
}

static void
for_each_text (void (*func) (const char *text,
                             gsize       length))
{
  for (gsize i = 0; i < G_N_ELEMENTS (valid_texts); i++)
    func (valid_texts[i].text, valid_texts[i].length);
  for (gsize i = 0; i < G_N_ELEMENTS (allowed_texts); i++)
    func (allowed_texts[i].text, allowed_texts[i].length);
  for (gsize i = 0; i < G_N_ELEMENTS (invalid_texts); i++)
    func (invalid_texts[i].text, invalid_texts[i].length);
}

static void
judge_prefixes (const char *text,
                gsize       length)
{
  for (gsize n = 0; n <= length; n++)
    assert_judged_alike (text, n);
}

static void
test_prefixes (void)
{
  for_each_text (judge_prefixes);
}

/* Every byte left out, doubled, and replaced by each that means something. */
static void
judge_variants (const char *text,
                gsize       length)
{
  static const char bytes[] = "\"\\/{}[],:0159.-+eEu tfn\n\x1f\x7f\x80\xbf\xc3\xe2\xed\xf4\xff";

  for (gsize at = 0; at < length && length < 100; at++)
    {
      g_autoptr(GString) variant = g_string_new_len (text, length);

      for (gsize i = 0; i < sizeof bytes; i++)
        {
          variant->str[at] = bytes[i];
          assert_judged_alike (variant->str, variant->len);
        }

      variant->str[at] = text[at];
      g_string_insert_len (variant, at, text + at, 1);
      assert_judged_alike (variant->str, variant->len);
      g_string_erase (variant, at, 2);
      assert_judged_alike (variant->str, variant->len);
    }
}

static void
test_variants (void)
{
  for_each_text (judge_variants);
}

/* Many bytes are looked at in one step: whatever ends a run must be seen at every place of it. */
static void
test_every_place_in_a_string (void)
{
  static const Text pieces[] = {
    T ("\\n"), T ("\\u20ac"), T ("\xc3\xa4"), T ("\xe2\x82\xac"), T ("\xf0\x9d\x84\x9e"),
    T ("\x7f"), T ("\x1f"), T ("\0"), T ("\xff"), T ("\x80"), T ("\xc3"), T ("\xe2\x82"),
    T ("\\"), T ("\""),
  };

  for (gsize i = 0; i < G_N_ELEMENTS (pieces); i++)
    for (gsize length = 0; length < 70; length++)
      for (gsize at = 0; at <= length; at++)
        {
          g_autoptr(GString) text = g_string_new ("[\"");

          for (gsize n = 0; n < length; n++)
            g_string_append_c (text, (char) ('#' + n % 0x39));
          g_string_append (text, "\"]");
          g_string_insert_len (text, 2 + at, pieces[i].text, pieces[i].length);
          assert_judged_alike (text->str, text->len);
        }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/json-grammar/prefixes", test_prefixes);
  g_test_add_func ("/json-grammar/variants", test_variants);
  g_test_add_func ("/json-grammar/every-place-in-a-string", test_every_place_in_a_string);

  return g_test_run ();
}
