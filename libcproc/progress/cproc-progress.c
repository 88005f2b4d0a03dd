/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-progress-parser-private.h"

/**
 * CprocProgress:
 *
 * How far a child has come, read out of its lines.
 *
 * Programs write their progress in lines, each program in its own way. A pattern says where the
 * number is, or a function finds it, and [property@Cproc.Progress:fraction] follows: what a
 * progress bar binds to.
 *
 * ```c
 * g_autoptr(CprocChild) child = cproc_child_new (argv);
 * g_autoptr(CprocProgress) progress = cproc_progress_new (child);
 *
 * cproc_progress_set_pattern (progress, "(\\d+)%", NULL);
 * g_object_bind_property (progress, "fraction", bar, "fraction", G_BINDING_DEFAULT);
 * ```
 *
 * It looks at standard output and standard error, as far as these are read by the child. A line
 * also ends at `\r`, with which programs overwrite it, and an unfinished line counts as soon as it
 * is there. It is a listener like a handler of [signal@Cproc.Child::output]; other handlers get the
 * same output as ever. A child may have several.
 *
 * A progress holds its child. It is used in one thread, as the child is.
 *
 * Since: 1.0
 */

struct _CprocProgress
{
  GObject parent_instance;

  CprocChild *child;
  CprocProgressParser *parser; /* NULL: nothing is looked for */
  double fraction;
};

typedef enum
{
  PROP_CHILD = 1,
  PROP_FRACTION,
} CprocProgressProperty;

static GParamSpec *properties[PROP_FRACTION + 1];

G_DEFINE_FINAL_TYPE (CprocProgress, cproc_progress, G_TYPE_OBJECT)

static void
progress_output (CprocProgress *self,
                 CprocStream    stream,
                 GBytes        *bytes)
{
  double fraction;
  const char *data;
  gsize length;

  if (self->parser == NULL || (stream != CPROC_STREAM_STDOUT && stream != CPROC_STREAM_STDERR))
    return;

  data = g_bytes_get_data (bytes, &length);
  cproc_progress_parser_feed (self->parser, stream, cproc_child_get_encoding (self->child), data,
                              length);
  fraction = cproc_progress_parser_ask (self->parser, self->child, stream, TRUE);
  if (fraction < 0 || fraction == self->fraction)
    return;

  self->fraction = fraction;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_FRACTION]);
}

static void
progress_set_parser (CprocProgress       *self,
                     CprocProgressParser *parser)
{
  CprocProgressParser *earlier = self->parser;

  self->parser = parser;
  g_clear_pointer (&earlier, cproc_progress_parser_unref);
}

static void
cproc_progress_constructed (GObject *object)
{
  CprocProgress *self = CPROC_PROGRESS (object);

  G_OBJECT_CLASS (cproc_progress_parent_class)->constructed (object);

  if (self->child != NULL)
    g_signal_connect_object (self->child, "output", G_CALLBACK (progress_output), self,
                             G_CONNECT_SWAPPED);
}

static void
cproc_progress_finalize (GObject *object)
{
  CprocProgress *self = CPROC_PROGRESS (object);

  g_clear_pointer (&self->parser, cproc_progress_parser_unref);
  g_clear_object (&self->child);

  G_OBJECT_CLASS (cproc_progress_parent_class)->finalize (object);
}

static void
cproc_progress_get_property (GObject    *object,
                             guint       prop_id,
                             GValue     *value,
                             GParamSpec *pspec)
{
  CprocProgress *self = CPROC_PROGRESS (object);

  switch ((CprocProgressProperty) prop_id)
    {
    case PROP_CHILD:
      g_value_set_object (value, self->child);
      break;
    case PROP_FRACTION:
      g_value_set_double (value, self->fraction);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
cproc_progress_set_property (GObject      *object,
                             guint         prop_id,
                             const GValue *value,
                             GParamSpec   *pspec)
{
  CprocProgress *self = CPROC_PROGRESS (object);

  switch ((CprocProgressProperty) prop_id)
    {
    case PROP_CHILD:
      self->child = g_value_dup_object (value);
      break;
    case PROP_FRACTION:
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
cproc_progress_class_init (CprocProgressClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->constructed = cproc_progress_constructed;
  object_class->finalize = cproc_progress_finalize;
  object_class->get_property = cproc_progress_get_property;
  object_class->set_property = cproc_progress_set_property;

  /**
   * CprocProgress:child: (getter get_child)
   *
   * The child whose progress it is.
   *
   * Since: 1.0
   */
  properties[PROP_CHILD] =
    g_param_spec_object ("child", NULL, NULL, CPROC_TYPE_CHILD,
                         G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  /**
   * CprocProgress:fraction: (getter get_fraction)
   *
   * How far the program has come, 0 to 1; -1 while that is not known.
   *
   * It stays where it was when the program ends. It goes back if the program counts several steps
   * one after the other. It notifies in the child's context, and only on change.
   *
   * Since: 1.0
   */
  properties[PROP_FRACTION] =
    g_param_spec_double ("fraction", NULL, NULL, -1, 1, -1,
                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);
}

static void
cproc_progress_init (CprocProgress *self)
{
  self->fraction = -1;
}

/**
 * cproc_progress_new:
 * @child: a child
 *
 * Creates a progress for a child.
 *
 * It sees what is read after this call: create it before the start to miss nothing.
 *
 * Returns: (transfer full): a new progress
 *
 * Since: 1.0
 */
CprocProgress *
cproc_progress_new (CprocChild *child)
{
  g_return_val_if_fail (CPROC_IS_CHILD (child), NULL);

  return g_object_new (CPROC_TYPE_PROGRESS, "child", child, NULL);
}

/**
 * cproc_progress_get_child:
 * @self: a progress
 *
 * Gets the child.
 *
 * Returns: (transfer none): the child
 *
 * Since: 1.0
 */
CprocChild *
cproc_progress_get_child (CprocProgress *self)
{
  g_return_val_if_fail (CPROC_IS_PROGRESS (self), NULL);

  return self->child;
}

/**
 * cproc_progress_get_fraction:
 * @self: a progress
 *
 * Gets how far the program has come.
 *
 * Returns: 0 to 1, or -1 while it is not known
 *
 * Since: 1.0
 */
double
cproc_progress_get_fraction (CprocProgress *self)
{
  g_return_val_if_fail (CPROC_IS_PROGRESS (self), -1);

  return self->fraction;
}

/**
 * cproc_progress_set_pattern:
 * @self: a progress
 * @regex: (nullable): a regular expression, as [struct@GLib.Regex] has them; `NULL` to look for
 *   nothing
 * @error: return location for an error
 *
 * Makes [property@Cproc.Progress:fraction] follow what a pattern finds in the program's lines.
 *
 * The pattern has one group, for a percentage, or two, for what is done and for the total, in the
 * same unit. With more groups than that, those named `percent`, or `done` and `total`, count;
 * where the pattern has all three, those that are in the match.
 *
 * | Program | Pattern |
 * | --- | --- |
 * | `rsync --info=progress2` | `(\d+)%` |
 * | `git clone --progress` | `Receiving objects: +(\d+)%` |
 * | `ninja` | `^\[(\d+)/(\d+)\]` |
 *
 * The program chooses its lines, so the time is bounded: a pattern is not tried on a line of more
 * than 1024 bytes, and for about 2 ms at most on what comes in one read, from its last line on.
 *
 * It replaces an earlier pattern or function, and may be called while the child runs.
 *
 * Returns: `TRUE`; or `FALSE` with an error of `G_REGEX_ERROR` if @regex is not a regular
 *   expression, or `G_IO_ERROR_INVALID_ARGUMENT` if it has other groups
 *
 * Since: 1.0
 */
gboolean
cproc_progress_set_pattern (CprocProgress  *self,
                            const char     *regex,
                            GError        **error)
{
  CprocProgressParser *parser = NULL;

  g_return_val_if_fail (CPROC_IS_PROGRESS (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (regex != NULL)
    {
      parser = cproc_progress_parser_new_for_pattern (regex, error);
      if (parser == NULL)
        return FALSE;
    }

  progress_set_parser (self, parser);

  return TRUE;
}

/**
 * cproc_progress_set_func:
 * @self: a progress
 * @func: (nullable) (scope notified): tells what a line says of the progress; `NULL` to ask nothing
 * @user_data: data for @func
 * @destroy: (nullable): frees @user_data
 *
 * Makes [property@Cproc.Progress:fraction] follow what a function finds in the program's lines.
 *
 * For what no pattern can express: a total that only the caller knows, or several steps in one. The
 * function is asked about each line, in order.
 *
 * It replaces an earlier pattern or function, and may be called while the child runs. Without a
 * function, @destroy is called at once.
 *
 * Since: 1.0
 */
void
cproc_progress_set_func (CprocProgress     *self,
                         CprocProgressFunc  func,
                         gpointer           user_data,
                         GDestroyNotify     destroy)
{
  g_return_if_fail (CPROC_IS_PROGRESS (self));

  if (func != NULL)
    {
      progress_set_parser (self, cproc_progress_parser_new_for_func (func, user_data, destroy));
      return;
    }

  progress_set_parser (self, NULL);
  if (destroy != NULL)
    destroy (user_data);
}

/* If the closure gives no answer, the answer is -1. */
static double
progress_ask_closure (CprocChild  *child,
                      CprocStream  stream,
                      const char  *line,
                      gpointer     user_data)
{
  GValue params[3] = { G_VALUE_INIT, G_VALUE_INIT, G_VALUE_INIT };
  g_auto (GValue) result = G_VALUE_INIT;

  g_value_init (&result, G_TYPE_DOUBLE);
  g_value_set_double (&result, -1);
  g_value_init (&params[0], CPROC_TYPE_CHILD);
  g_value_set_object (&params[0], child);
  g_value_init (&params[1], CPROC_TYPE_STREAM);
  g_value_set_enum (&params[1], stream);
  g_value_init (&params[2], G_TYPE_STRING);
  g_value_set_string (&params[2], line);

  g_closure_invoke (user_data, &result, G_N_ELEMENTS (params), params, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (params); i++)
    g_value_unset (&params[i]);

  return g_value_get_double (&result);
}

/**
 * cproc_progress_set_closure: (rename-to cproc_progress_set_func)
 * @self: a progress
 * @closure: (nullable): a function of the child, a [enum@Cproc.Stream] and the text of a line, that
 *   tells what the line says of the progress, as a double; `NULL` to ask nothing
 *
 * Does what [method@Cproc.Progress.set_func] does, for languages that cannot return a double from a
 * callback.
 *
 * Since: 1.0
 */
void
cproc_progress_set_closure (CprocProgress *self,
                            GClosure      *closure)
{
  g_return_if_fail (CPROC_IS_PROGRESS (self));

  if (closure == NULL)
    {
      progress_set_parser (self, NULL);
      return;
    }

  g_closure_ref (closure);
  g_closure_sink (closure);
  if (G_CLOSURE_NEEDS_MARSHAL (closure))
    g_closure_set_marshal (closure, g_cclosure_marshal_generic);
  cproc_progress_set_func (self, progress_ask_closure, closure, (GDestroyNotify) g_closure_unref);
}
