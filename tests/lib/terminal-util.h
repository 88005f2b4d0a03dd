/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "child-util.h"

/* What the tests of terminals share. */

/* All three streams lead to a terminal. */
CprocCommand *test_terminal_set (CprocCommand *command);

/* A shell line with a terminal for all three streams. */
CprocChild   *test_terminal_new (const char *line);

/* Goes on until the output of the stream has this text in it. */
void          test_terminal_await (TestRecord  *record,
                                   CprocStream  stream,
                                   const char  *text);

/* Goes on until standard output has so many lines. */
void          test_terminal_await_lines (TestRecord *record,
                                         guint       n);

/* The start must fail so, and leave nothing. */
void          test_terminal_assert_start_error (CprocChild *child,
                                                GQuark      domain,
                                                int         code);

/* A handler that counts, connected with g_signal_connect_swapped(). */
void          test_count          (guint       *count);

/* The write must fail with this code, or succeed: -1. */
void          test_terminal_write (CprocChild  *child,
                                   const char  *text,
                                   int          io_error);
