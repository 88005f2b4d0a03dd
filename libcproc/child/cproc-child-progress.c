/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-child-private.h"
#include "cproc-progress-private.h"

/* Comes with every read. Nothing is asked here: at this point of a read no handler may run. */
void
cproc_child_feed_progress (CprocChild  *self,
                           CprocStream  stream,
                           const char  *data,
                           gsize        length)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);

  if (priv->progress_source != NULL)
    cproc_progress_feed (priv->progress_source, stream, priv->encoding, data, length);
}

void
cproc_child_update_progress (CprocChild  *self,
                             CprocStream  stream,
                             gboolean     is_all)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);
  double progress;

  if (priv->progress_source == NULL)
    return;

  progress = cproc_progress_ask (priv->progress_source, self, stream, is_all);
  if (progress < 0 || progress == priv->progress)
    return;

  priv->progress = progress;
  cproc_child_notify (self, CPROC_CHILD_PROP_PROGRESS);
}

static void
child_set_progress_source (CprocChild    *self,
                           CprocProgress *source)
{
  CprocChildPrivate *priv = cproc_child_get_priv (self);
  CprocProgress *old = priv->progress_source;

  priv->progress_source = source;
  g_clear_pointer (&old, cproc_progress_unref);
}

/**
 * cproc_child_get_progress:
 * @self: a child
 *
 * Gets how far the program has come, as [method@Cproc.Child.set_progress_pattern] or
 * [method@Cproc.Child.set_progress_func] made it out of its output.
 *
 * Returns: 0 to 1, or -1 while it is not known
 *
 * Since: 1.0
 */
double
cproc_child_get_progress (CprocChild *self)
{
  g_return_val_if_fail (CPROC_IS_CHILD (self), -1);

  return cproc_child_get_priv (self)->progress;
}

/**
 * cproc_child_set_progress_pattern:
 * @self: a child
 * @pattern: (nullable): a regular expression, as [struct@GLib.Regex] has them; `NULL`: nothing is
 *   looked for any more
 * @error: return location for an error
 *
 * Makes [property@Cproc.Child:progress] follow what the program writes.
 *
 * The pattern is looked for in each line of standard output and standard error, as far as these are
 * pipes. It has one group, for a percentage, or two, for what is done and for the total, in the
 * same unit; with more groups than that, those named `percent`, or `done` and `total`, count,
 * whichever are in the match where the pattern has all three.
 *
 * | Program | Pattern |
 * | --- | --- |
 * | `rsync --info=progress2` | `(\d+)%` |
 * | `git clone --progress` | `Receiving objects: +(\d+)%` |
 * | `ninja` | `^\[(\d+)/(\d+)\]` |
 *
 * A line ends at `\r` too, by which programs write over it, and one that is not finished counts as
 * soon as it is there. [signal@Cproc.Child::line] and the others come as ever; they need not be
 * connected.
 *
 * Replaces what was set before, by [method@Cproc.Child.set_progress_func] too. May be called while
 * the child runs.
 *
 * Returns: `TRUE`; or `FALSE` with an error of `G_REGEX_ERROR` if it is no regular expression, or
 *   `G_IO_ERROR_INVALID_ARGUMENT` if it has other groups
 *
 * Since: 1.0
 */
gboolean
cproc_child_set_progress_pattern (CprocChild  *self,
                                  const char  *pattern,
                                  GError     **error)
{
  CprocProgress *source = NULL;

  g_return_val_if_fail (CPROC_IS_CHILD (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (pattern != NULL)
    {
      source = cproc_progress_new_for_pattern (pattern, error);
      if (source == NULL)
        return FALSE;
    }

  child_set_progress_source (self, source);

  return TRUE;
}

/**
 * cproc_child_set_progress_func:
 * @self: a child
 * @func: (nullable) (scope notified): tells what a line says of the
 *   progress; `NULL`: nobody is asked any more
 * @user_data: data for @func
 * @destroy: (nullable): frees @user_data
 *
 * Makes [property@Cproc.Child:progress] follow what a function finds in the lines of the program's
 * standard output and standard error.
 *
 * For what no pattern can express: a total that only the caller knows, or several steps in one. See
 * [method@Cproc.Child.set_progress_pattern] for what a line is.
 *
 * Since: 1.0
 */
void
cproc_child_set_progress_func (CprocChild        *self,
                               CprocProgressFunc  func,
                               gpointer           user_data,
                               GDestroyNotify     destroy)
{
  g_return_if_fail (CPROC_IS_CHILD (self));

  if (func != NULL)
    child_set_progress_source (self, cproc_progress_new_for_func (func, user_data, destroy));
  else
    child_set_progress_source (self, NULL);
}

/* The closure's own answer is -1 where it gives none. */
static double
ask_closure (CprocChild  *child,
             CprocStream  stream,
             const char  *line,
             gpointer     user_data)
{
  GValue params[3] = { G_VALUE_INIT, G_VALUE_INIT, G_VALUE_INIT };
  g_auto(GValue) result = G_VALUE_INIT;

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
 * cproc_child_set_progress_closure: (rename-to cproc_child_set_progress_func)
 * @self: a child
 * @closure: (nullable): a function of the child, a [enum@Cproc.Stream] and the text of a line, that
 *   tells what the line says of the progress, as a double; `NULL`: nobody is asked any more
 *
 * As [method@Cproc.Child.set_progress_func], for languages: some of them cannot return a double
 * from a callback.
 *
 * Since: 1.0
 */
void
cproc_child_set_progress_closure (CprocChild *self,
                                  GClosure   *closure)
{
  g_return_if_fail (CPROC_IS_CHILD (self));

  if (closure == NULL)
    {
      child_set_progress_source (self, NULL);
      return;
    }

  g_closure_ref (closure);
  g_closure_sink (closure);
  if (G_CLOSURE_NEEDS_MARSHAL (closure))
    g_closure_set_marshal (closure, g_cclosure_marshal_generic);
  cproc_child_set_progress_func (self, ask_closure, closure, (GDestroyNotify) g_closure_unref);
}
