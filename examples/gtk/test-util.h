/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "tasks-application.h"

G_BEGIN_DECLS

/* For programs that drive the whole application from inside; they need a display. */

/* Of the test that runs. */
extern TasksWindow *window;

/* As long as it takes, a machine may be busy; the harness has a limit of its own. */
#define WAIT_UNTIL(condition) \
  G_STMT_START { while (!(condition)) g_main_context_iteration (NULL, TRUE); } G_STMT_END

typedef void (*TestFunc) (void);

/* Does not return in a worker, and without a display. */
void     test_init    (int           *argc,
                       char        ***argv);
void     test_add     (const char    *path,
                       TestFunc       func);

char    *get_text     (gpointer       object,
                       const char    *name);
gboolean text_is      (gpointer       object,
                       const char    *name,
                       const char    *expected);

/* A line for each, after its kind and a colon. */
char    *dup_output   (TasksTask     *task);
guint    count_lines  (TasksTask     *task);
void     wait_for_end (TasksTask     *task,
                       guint          lines);

#define assert_text(object, name, expected) \
  G_STMT_START { g_autofree char *text_ = get_text (object, name); \
                 g_assert_cmpstr (text_, ==, expected); } G_STMT_END

G_END_DECLS
