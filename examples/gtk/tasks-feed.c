/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "tasks-feed.h"

/* Twice the time of a frame: nobody reads faster. */
#define INTERVAL 33 /* ms */

/* What a stream may bring in an interval, in lines. An emission costs as much as some lines. With
 * four times as many, one frame in ten took longer than 32 ms beside a flood; with this, none. */
#define ALLOWANCE 512
#define EMISSION 16

/* So many of the paused streams go on after an interval, however many there are. Each may bring a
 * whole chunk, tens of thousands of short lines, before it is paused again. */
#define TURNS 2

typedef struct
{
  TasksOutput *output;
  gboolean paused;
  guint work[2];
  guint interval[2];
} Feed;

typedef struct
{
  CprocChild *child;
  CprocStream stream;
} Turn;

static struct
{
  guint timer;
  guint interval;
  GQueue turns;
  GPtrArray *outputs; /* with lines to show */
} pace = { .turns = G_QUEUE_INIT };

static void
feed_free (Feed *feed)
{
  g_object_unref (feed->output);
  g_free (feed);
}

static Feed *
get_feed (CprocChild *child)
{
  return g_object_get_data (G_OBJECT (child), "tasks-feed");
}

static gboolean
pace_next (gpointer user_data)
{
  g_autoptr(GPtrArray) outputs = g_steal_pointer (&pace.outputs);

  if (outputs == NULL && g_queue_is_empty (&pace.turns))
    {
      pace.timer = 0;
      return G_SOURCE_REMOVE;
    }

  pace.interval++;
  if (outputs != NULL)
    g_ptr_array_foreach (outputs, (GFunc) (void (*) (void)) tasks_output_flush, NULL);

  for (guint i = 0; i < TURNS && !g_queue_is_empty (&pace.turns); i++)
    {
      g_autofree Turn *turn = g_queue_pop_head (&pace.turns);
      g_autoptr(CprocChild) child = turn->child;

      if (!get_feed (child)->paused)
        cproc_child_resume (child, turn->stream);
    }

  return G_SOURCE_CONTINUE;
}

/* After a frame that is due: on a machine that is slow or busy this would else be due again before
 * there was a frame at all. */
static void
pace_start (void)
{
  if (pace.timer == 0)
    pace.timer = g_timeout_add_full (G_PRIORITY_DEFAULT_IDLE, INTERVAL, pace_next, NULL, NULL);
}

static void
pace_show (TasksOutput *output)
{
  if (pace.outputs == NULL)
    pace.outputs = g_ptr_array_new_with_free_func (g_object_unref);
  if (!g_ptr_array_find (pace.outputs, output, NULL))
    g_ptr_array_add (pace.outputs, g_object_ref (output));
  pace_start ();
}

static void
pace_wait_for_turn (CprocChild  *child,
                    CprocStream  stream)
{
  Turn *turn = g_new (Turn, 1);

  turn->child = g_object_ref (child);
  turn->stream = stream;
  cproc_child_pause (child, stream);
  g_queue_push_tail (&pace.turns, turn);
  pace_start ();
}

static void
got_lines (CprocChild         *child,
           CprocStream         stream,
           const char * const *lines,
           Feed               *feed)
{
  gboolean is_error = stream == CPROC_STREAM_STDERR;

  if (feed->interval[is_error] != pace.interval)
    {
      feed->interval[is_error] = pace.interval;
      feed->work[is_error] = 0;
    }
  feed->work[is_error] += EMISSION + g_strv_length ((char **) lines);

  tasks_output_append_lines (feed->output, is_error ? TASKS_LINE_STDERR : TASKS_LINE_STDOUT, lines);
  pace_show (feed->output);

  if (feed->work[is_error] >= ALLOWANCE)
    pace_wait_for_turn (child, stream);
}

void
tasks_feed_connect (CprocChild  *child,
                    TasksOutput *output)
{
  Feed *feed = g_new0 (Feed, 1);

  feed->output = g_object_ref (output);
  g_object_set_data_full (G_OBJECT (child), "tasks-feed", feed, (GDestroyNotify) feed_free);
  g_signal_connect (child, "lines", G_CALLBACK (got_lines), feed);
}

void
tasks_feed_set_paused (CprocChild *child,
                       gboolean    paused)
{
  Feed *feed = get_feed (child);
  const CprocStream streams[] = { CPROC_STREAM_STDOUT, CPROC_STREAM_STDERR };

  if (feed->paused == paused)
    return;

  feed->paused = paused;
  for (guint i = 0; i < G_N_ELEMENTS (streams); i++)
    if (paused)
      cproc_child_pause (child, streams[i]);
    else
      cproc_child_resume (child, streams[i]);
}

void
tasks_feed_append (TasksOutput   *output,
                   TasksLineKind  kind,
                   const char    *text)
{
  tasks_output_append (output, kind, text);
  pace_show (output);
}
