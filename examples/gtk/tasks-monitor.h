/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Tells each TasksTask of a list once a second what it uses, for as long as any of them runs. */
void tasks_monitor_wake (GListModel *tasks);

G_END_DECLS
