/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "test-util.h"

/* How the window lives with a child that writes as fast as it can. */

#define FRAMES_MEASURED 180
#define FRAME_LIMIT 32.0 /* ms: two at 60 Hz */

typedef struct
{
  gint64 times[FRAMES_MEASURED];
  gint64 work[FRAMES_MEASURED]; /* of this thread: what the rest of the machine does is not in it */
  guint length;
} Frames;

static gint64
get_work (void)
{
  struct timespec time;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &time);

  return time.tv_sec * G_USEC_PER_SEC + time.tv_nsec / 1000;
}

static void
frame_painted (GdkFrameClock *clock,
               Frames        *frames)
{
  if (frames->length < FRAMES_MEASURED)
    {
      frames->times[frames->length] = g_get_monotonic_time ();
      frames->work[frames->length++] = get_work ();
    }
}

/* The most work for a frame, from the end of the last one, in milliseconds. */
static double
measure_frames (const char *what)
{
  GdkFrameClock *clock = gtk_widget_get_frame_clock (GTK_WIDGET (window));
  Frames frames = { 0 };
  double longest = 0;
  double longest_work = 0;
  double sum = 0;
  guint late = 0;
  gulong handler = g_signal_connect (clock, "after-paint", G_CALLBACK (frame_painted), &frames);

  gdk_frame_clock_begin_updating (clock);
  WAIT_UNTIL (frames.length == FRAMES_MEASURED);
  gdk_frame_clock_end_updating (clock);
  g_signal_handler_disconnect (clock, handler);

  for (guint i = 1; i < FRAMES_MEASURED; i++)
    {
      double passed = (frames.times[i] - frames.times[i - 1]) / 1000.0;
      double work = (frames.work[i] - frames.work[i - 1]) / 1000.0;

      longest = MAX (longest, passed);
      longest_work = MAX (longest_work, work);
      sum += passed;
      late += passed > FRAME_LIMIT;
    }

  g_test_message ("%s: %d frames, %.1f ms each, the longest %.1f ms, %u over %.0f ms;"
                  " work for one at most %.1f ms, in all %.0f %%",
                  what, FRAMES_MEASURED - 1, sum / (FRAMES_MEASURED - 1), longest, late,
                  FRAME_LIMIT, longest_work,
                  (frames.work[FRAMES_MEASURED - 1] - frames.work[0]) / 10.0 / sum);

  return longest_work;
}

/* KiB */
static long
get_memory (void)
{
  g_autofree char *status = NULL;

  g_assert_true (g_file_get_contents ("/proc/self/status", &status, NULL, NULL));

  return strtol (strstr (status, "VmRSS:") + strlen ("VmRSS:"), NULL, 10);
}

/* The window lives while a child writes as fast as it can and many others start; what that takes
 * of the memory does not grow with the time. */
static void
test_flood (void)
{
  TasksTask *flood = tasks_window_run (window, "yes 'a line as it comes in the output of a build'");
  TasksOutput *output = tasks_task_get_output (flood);
  long before;
  guint64 shown;
  double longest;

  measure_frames ("flood begins");
  WAIT_UNTIL (tasks_output_get_dropped (output) > 200000);
  before = get_memory ();
  measure_frames ("flood alone");

  for (guint i = 0; i < 50; i++)
    tasks_window_run (window, "for i in 1 2 3 4 5; do echo $i; sleep 0.2; done");
  /* That one is looked at. */
  tasks_window_select (window, 0);
  longest = measure_frames ("flood, and 50 start");
  /* Far from what is wanted, and yet no window that hangs: the machine may be anyone's. */
  g_assert_cmpfloat (longest, <, 250);

  WAIT_UNTIL (tasks_window_count_running (window) == 1);
  shown = tasks_output_get_dropped (output);
  WAIT_UNTIL (tasks_output_get_dropped (output) > shown + 500000);
  g_test_message ("%'" G_GUINT64_FORMAT " lines came; memory was %ld KiB, and is %ld KiB",
                  tasks_output_get_dropped (output), before, get_memory ());
  /* Fifty rows, and their views. */
  g_assert_cmpint (get_memory () - before, <, 32 * 1024);

  tasks_task_stop (flood);
  wait_for_end (flood, 0);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  test_add ("/tasks/window/flood", test_flood);

  return g_test_run ();
}
