/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#define CPROC_INSIDE
#include "cproc-version.h"
#include "cproc-version-macros.h"
#include "cproc-enums.h"
#include "cproc-error.h"
#include "cproc-resource-usage.h"
#include "cproc-command.h"
#include "cproc-child.h"
#include "cproc-exec.h"
#include "cproc-progress.h"
#include "cproc-message-iter.h"
#include "cproc-message.h"
#include "cproc-request.h"
#include "cproc-channel.h"
#include "cproc-worker.h"
#include "cproc-pipeline.h"
#include "cproc-pool.h"
#include "cproc-signal.h"
#undef CPROC_INSIDE
