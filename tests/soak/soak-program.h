/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "soak.h"

/* A program to be run, and all that is known of it beforehand. */
typedef struct
{
  GPtrArray *argv;

  /* By CprocStream: the bytes, and what they are as text with "\n" for line ends; [0] of bytes has
   * both streams' in order. */
  GString *bytes[3];
  GString *text[3];
  const char *encoding;

  GString *input; /* for its standard input, or NULL if it reads none */

  /* How it ends when it is let, unless it sleeps for ever. */
  gboolean sleeps;
  int exit_code;
  int term_signal;

  gboolean ignores_term;
  gboolean is_loose; /* when it is disturbed, all is possible: there are several processes */
  gboolean is_fragile; /* what is cut off of it is not what it begins with: not to be disturbed */
} SoakProgram;

SoakProgram *soak_program_new  (SoakTask    *task);
void         soak_program_free (SoakProgram *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SoakProgram, soak_program_free)
