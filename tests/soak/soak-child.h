/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "soak-program.h"

typedef struct
{
  /* What is to come by the signals; both empty where the stream leads elsewhere. */
  const GString *bytes;
  const GString *text;

  gboolean has_output;
  gboolean has_line;
  gboolean has_lines;
  gsize n_bytes;
  gsize line_at;
  gsize lines_at;
  gboolean is_cut; /* a line ended where the text goes on */
  gboolean is_paused;
  gboolean has_ended;

  GInputStream *taken; /* until it has ended */
  const GString *taken_bytes;
  int file_fd; /* where it leads to; -1 if it does not */
} SoakStream;

typedef enum
{
  SOAK_AT_ONCE, /* with the call that starts it */
  SOAK_AT_STARTED,
  SOAK_AT_OUTPUT,
  SOAK_AT_STREAM_ENDED,
  SOAK_AT_EXIT,
  SOAK_AT_CLOSED,
  SOAK_AT_A_TIME,
  SOAK_N_MOMENTS
} SoakMoment;

typedef struct
{
  SoakTask task;
  SoakProgram *program;
  CprocCommand *command;
  CprocChild *child; /* NULL: dropped */
  GWeakRef weak;
  SoakStream streams[3]; /* by CprocStream */

  guint n_started;
  guint n_exit;
  guint n_closed;
  gboolean is_whole; /* it has ended and nothing may be missing */
  gboolean has_input; /* a pipe */
  guint n_writes; /* unanswered */
  gint64 max_line_length;
  gboolean has_timeout;
  guint64 fired; /* a bit for each signal that has been sent */

  SoakMoment moments[2]; /* when it is disturbed */
  guint n_moments;
} SoakChild;

void soak_child_choose_stdio (SoakChild  *self);
void soak_child_feed         (SoakChild  *self);
void soak_child_take_streams (SoakChild  *self);
void soak_child_check_files  (SoakChild  *self);
void soak_child_drop         (SoakChild  *self);

/* Whether it may be ended by what the soak program did. */
gboolean soak_child_is_disturbed (SoakChild  *self);

void soak_child_plan_disturbances (SoakChild  *self);
void soak_child_disturb           (SoakChild  *self,
                                   SoakMoment  moment);
void soak_child_ensure_end        (SoakTask   *task);
