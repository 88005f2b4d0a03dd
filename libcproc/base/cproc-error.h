/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#if !defined (CPROC_INSIDE) && !defined (CPROC_COMPILATION)
#error "Only <libcproc.h> can be included directly."
#endif

#include <glib-object.h>

#include "cproc-version-macros.h"

G_BEGIN_DECLS

/**
 * CPROC_ERROR:
 *
 * The error domain of libcproc. The codes are those of [error@Cproc.Error].
 *
 * Since: 1.0
 */
#define CPROC_ERROR (cproc_error_quark ())

/**
 * CprocError:
 * @CPROC_ERROR_EXITED: the program ended by itself with an exit code other than 0
 * @CPROC_ERROR_SIGNALED: a signal ended the program
 * @CPROC_ERROR_TIMED_OUT: the program was ended because it ran or was silent for too long
 * @CPROC_ERROR_OUTPUT_LIMIT: the program was ended because it wrote more than
 *   [property@Cproc.Exec:max-buffer] to one stream, or more than there is memory for
 * @CPROC_ERROR_ALREADY_STARTED: the child was started before
 * @CPROC_ERROR_NOT_RUNNING: the child has not been started, or has ended
 * @CPROC_ERROR_CHANNEL_CLOSED: the message channel is closed
 * @CPROC_ERROR_INVALID_MESSAGE: the text is not a message: not JSON, or reserved for the protocol
 * @CPROC_ERROR_MESSAGE_TOO_LARGE: the message is larger than
 *   [property@Cproc.Channel:max-message-size]
 * @CPROC_ERROR_NOT_SUPPORTED: the system, or the other side, cannot do this
 * @CPROC_ERROR_RUNNER_FAILED: a runner could not be opened, or refused the work
 * @CPROC_ERROR_RUNNER_LOST: the connection to a runner broke, and it is not known what became of
 *   the program
 * @CPROC_ERROR_QUEUE_FULL: the queue of a pool or a channel takes no more requests
 * @CPROC_ERROR_WORKER_ENDED: the worker ended before it had answered the request
 * @CPROC_ERROR_CLOSED: the object was closed before the work was done
 *
 * The errors for which GLib has no code.
 *
 * Failures of a start are from `G_SPAWN_ERROR` and `G_IO_ERROR`.
 *
 * Since: 1.0
 */
typedef enum
{
  CPROC_ERROR_EXITED,
  CPROC_ERROR_SIGNALED,
  CPROC_ERROR_TIMED_OUT,
  CPROC_ERROR_OUTPUT_LIMIT,
  CPROC_ERROR_ALREADY_STARTED,
  CPROC_ERROR_NOT_RUNNING,
  CPROC_ERROR_CHANNEL_CLOSED,
  CPROC_ERROR_INVALID_MESSAGE,
  CPROC_ERROR_MESSAGE_TOO_LARGE,
  CPROC_ERROR_NOT_SUPPORTED,
  CPROC_ERROR_RUNNER_FAILED,
  CPROC_ERROR_RUNNER_LOST,
  CPROC_ERROR_QUEUE_FULL,
  CPROC_ERROR_WORKER_ENDED,
  CPROC_ERROR_CLOSED,
} CprocError;

CPROC_AVAILABLE_IN_1_0
GQuark cproc_error_quark       (void);

/**
 * CPROC_REPLY_ERROR:
 *
 * The error domain of what the other side of a channel answers to a request. The code is the one
 * that the other side gave; [error@Cproc.ReplyError] names those that have a meaning of their own.
 *
 * Since: 1.0
 */
#define CPROC_REPLY_ERROR (cproc_reply_error_quark ())

/**
 * CprocReplyError:
 * @CPROC_REPLY_ERROR_PARSE_ERROR: the request was not valid JSON
 * @CPROC_REPLY_ERROR_INVALID_REQUEST: the request was not a valid request
 * @CPROC_REPLY_ERROR_METHOD_NOT_FOUND: the other side does not have the method
 * @CPROC_REPLY_ERROR_INVALID_PARAMS: the parameters do not fit the method
 * @CPROC_REPLY_ERROR_INTERNAL_ERROR: the other side failed, or dropped the request unanswered
 * @CPROC_REPLY_ERROR_CANCELLED: the other side stopped because the request was cancelled
 *
 * Codes of JSON-RPC 2.0 that the other side of a channel may answer. Other codes pass as they are.
 *
 * Since: 1.0
 */
typedef enum
{
  CPROC_REPLY_ERROR_PARSE_ERROR = -32700,
  CPROC_REPLY_ERROR_INVALID_REQUEST = -32600,
  CPROC_REPLY_ERROR_METHOD_NOT_FOUND = -32601,
  CPROC_REPLY_ERROR_INVALID_PARAMS = -32602,
  CPROC_REPLY_ERROR_INTERNAL_ERROR = -32603,
  CPROC_REPLY_ERROR_CANCELLED = -32800,
} CprocReplyError;

CPROC_AVAILABLE_IN_1_0
GQuark cproc_reply_error_quark (void);

G_END_DECLS
