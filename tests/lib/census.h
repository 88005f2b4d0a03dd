/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

/* Counts the resources of the system and of GLib that this process holds, for tests that check for
 * leaks. */
typedef struct
{
  guint n_fds;
  guint n_threads;
  guint n_sources; /* of the default main context */
  gsize memory;    /* that is allocated; 0 under a sanitizer or valgrind */
  gsize resident;
} Census;

/* To be called first of all: runs the program anew, so that its memory can be counted. */
void     census_init   (char        **argv);

void     census_take   (Census       *self);

/* Asserts that nothing is left of n_rounds of an action. Waits a little for descriptors that other
 * threads close, and for all children to be reaped. */
void     census_assert (const Census *self,
                        guint         n_rounds);

/* Whether the long forms of the tests are asked for: CPROC_TEST_LONG in the environment. */
gboolean census_is_long (void);
