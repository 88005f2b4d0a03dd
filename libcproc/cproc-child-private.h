/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "cproc-child.h"
#include "cproc-launch-private.h"

G_BEGIN_DECLS

/* What the classes derived here in the library add to a child. In the class's private data, so
 * that the public class struct does not show it; NULL where there is nothing to add. */
typedef struct
{
  CprocStdio default_stdio[3];

  /* Before the launch is prepared, and when it has failed after that. */
  gboolean (*prepare)     (CprocChild   *self,
                           CprocLaunch  *launch,
                           GError      **error);
  void     (*unprepare)   (CprocChild   *self);

  /* The pipes are there; the process may not be yet. */
  void     (*prepared)    (CprocChild   *self);

  /* Every read, before the signals. */
  void     (*received)    (CprocChild   *self,
                           CprocStream   stream,
                           const char   *data,
                           gsize         length);

  /* The main context is another one for some time. */
  void     (*set_context) (CprocChild   *self,
                           GMainContext *context);

  /* The process and its streams have ended. FALSE: something is to be waited for, which then
   * calls cproc_child_stream_done(). */
  gboolean (*finished)    (CprocChild   *self);

  /* How it went, for wait_check() and run(): NULL goes on with what a child itself knows. */
  GError  *(*get_failure) (CprocChild   *self);
} CprocChildHooks;

CprocChildHooks *cproc_child_class_get_hooks (CprocChildClass *klass);

GMainContext *cproc_child_get_context (CprocChild *self);

G_END_DECLS
