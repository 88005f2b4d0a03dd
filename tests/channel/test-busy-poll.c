/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-busy-poll-private.h"

#define QUICK (CPROC_BUSY_POLL_QUICK - 1)
#define SLOW CPROC_BUSY_POLL_QUICK

static gint64 now = 1000000;

/* Returns how many answers with that delay it takes until the channel polls for one; `most` is the
 * limit. */
static guint
count_until_awaited (CprocBusyPoll *exchange,
                     gint64         delay,
                     guint          most)
{
  for (guint i = 0; i < most; i++)
    {
      if (cproc_busy_poll_ask (exchange, now) != 0)
        return i;

      now += delay;
      cproc_busy_poll_answer (exchange, now);
    }

  return most;
}

static void
test_quick (void)
{
  CprocBusyPoll exchange;

  cproc_busy_poll_init (&exchange);

  g_assert_cmpuint (count_until_awaited (&exchange, QUICK, 100), ==, CPROC_BUSY_POLL_MIN_WANTED);
  g_assert_cmpint (cproc_busy_poll_ask (&exchange, now), ==, now + CPROC_BUSY_POLL_AWAKE);

  /* As long as they come, each one is. */
  for (guint i = 0; i < 100000; i++)
    {
      cproc_busy_poll_hit (&exchange);
      g_assert_cmpint (cproc_busy_poll_ask (&exchange, now), !=, 0);
    }
}

static void
test_slow (void)
{
  CprocBusyPoll exchange;

  cproc_busy_poll_init (&exchange);

  g_assert_cmpuint (count_until_awaited (&exchange, SLOW, 5000), ==, 5000);

  /* One that is slow begins the count anew. */
  g_assert_cmpuint (count_until_awaited (&exchange, QUICK, CPROC_BUSY_POLL_MIN_WANTED - 1), ==,
                    CPROC_BUSY_POLL_MIN_WANTED - 1);
  g_assert_cmpuint (count_until_awaited (&exchange, SLOW, 1), ==, 1);
  g_assert_cmpuint (count_until_awaited (&exchange, QUICK, 100), ==, CPROC_BUSY_POLL_MIN_WANTED);
}

/* If the answer never comes while the channel polls, as with a single processor, little is lost. */
static void
test_missed (void)
{
  CprocBusyPoll exchange;
  guint wanted = CPROC_BUSY_POLL_MIN_WANTED;

  cproc_busy_poll_init (&exchange);

  for (guint i = 0; i < 20; i++)
    {
      g_assert_cmpuint (count_until_awaited (&exchange, QUICK, 100000), ==, wanted);
      cproc_busy_poll_miss (&exchange);
      now += SLOW;
      cproc_busy_poll_answer (&exchange, now);
      wanted = MIN (wanted * 2, CPROC_BUSY_POLL_MAX_WANTED);
    }

  g_assert_cmpuint (wanted, ==, CPROC_BUSY_POLL_MAX_WANTED);
}

/* As many that come make up for those that did not. */
static void
test_regained (void)
{
  CprocBusyPoll exchange;

  cproc_busy_poll_init (&exchange);

  count_until_awaited (&exchange, QUICK, 100);
  cproc_busy_poll_miss (&exchange);
  count_until_awaited (&exchange, QUICK, 100);
  for (guint i = 0; i < CPROC_BUSY_POLL_MIN_WANTED; i++)
    cproc_busy_poll_hit (&exchange);
  cproc_busy_poll_miss (&exchange);

  g_assert_cmpuint (count_until_awaited (&exchange, QUICK, 100), ==,
                    2 * CPROC_BUSY_POLL_MIN_WANTED);

  /* Answers that came do not make it try more often than in the beginning. */
  for (guint i = 0; i < 100; i++)
    cproc_busy_poll_hit (&exchange);
  cproc_busy_poll_miss (&exchange);

  g_assert_cmpuint (count_until_awaited (&exchange, QUICK, 100), ==,
                    2 * CPROC_BUSY_POLL_MIN_WANTED);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/busy-poll/quick", test_quick);
  g_test_add_func ("/busy-poll/slow", test_slow);
  g_test_add_func ("/busy-poll/missed", test_missed);
  g_test_add_func ("/busy-poll/regained", test_regained);

  return g_test_run ();
}
