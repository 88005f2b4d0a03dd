/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cproc-enums.h"

G_DEFINE_ENUM_TYPE (CprocStdio, cproc_stdio,
                    G_DEFINE_ENUM_VALUE (CPROC_STDIO_DEFAULT, "default"),
                    G_DEFINE_ENUM_VALUE (CPROC_STDIO_PIPE, "pipe"),
                    G_DEFINE_ENUM_VALUE (CPROC_STDIO_INHERIT, "inherit"),
                    G_DEFINE_ENUM_VALUE (CPROC_STDIO_NULL, "null"),
                    G_DEFINE_ENUM_VALUE (CPROC_STDIO_MERGE, "merge"),
                    G_DEFINE_ENUM_VALUE (CPROC_STDIO_FD, "fd"),
                    G_DEFINE_ENUM_VALUE (CPROC_STDIO_FILE, "file"),
                    G_DEFINE_ENUM_VALUE (CPROC_STDIO_SOCKET, "socket"),
                    G_DEFINE_ENUM_VALUE (CPROC_STDIO_TERMINAL, "terminal"))

G_DEFINE_ENUM_TYPE (CprocContainment, cproc_containment,
                    G_DEFINE_ENUM_VALUE (CPROC_CONTAINMENT_AUTO, "auto"),
                    G_DEFINE_ENUM_VALUE (CPROC_CONTAINMENT_NONE, "none"),
                    G_DEFINE_ENUM_VALUE (CPROC_CONTAINMENT_GROUP, "group"),
                    G_DEFINE_ENUM_VALUE (CPROC_CONTAINMENT_TREE, "tree"))

G_DEFINE_ENUM_TYPE (CprocStream, cproc_stream,
                    G_DEFINE_ENUM_VALUE (CPROC_STREAM_TERMINAL, "terminal"),
                    G_DEFINE_ENUM_VALUE (CPROC_STREAM_STDOUT, "stdout"),
                    G_DEFINE_ENUM_VALUE (CPROC_STREAM_STDERR, "stderr"))

G_DEFINE_ENUM_TYPE (CprocState, cproc_state,
                    G_DEFINE_ENUM_VALUE (CPROC_STATE_NEW, "new"),
                    G_DEFINE_ENUM_VALUE (CPROC_STATE_PREPARED, "prepared"),
                    G_DEFINE_ENUM_VALUE (CPROC_STATE_STARTING, "starting"),
                    G_DEFINE_ENUM_VALUE (CPROC_STATE_RUNNING, "running"),
                    G_DEFINE_ENUM_VALUE (CPROC_STATE_EXITED, "exited"),
                    G_DEFINE_ENUM_VALUE (CPROC_STATE_CLOSED, "closed"))

G_DEFINE_FLAGS_TYPE (CprocFileFlags, cproc_file_flags,
                     G_DEFINE_ENUM_VALUE (CPROC_FILE_FLAGS_DEFAULT, "default"),
                     G_DEFINE_ENUM_VALUE (CPROC_FILE_FLAGS_READ, "read"),
                     G_DEFINE_ENUM_VALUE (CPROC_FILE_FLAGS_WRITE, "write"),
                     G_DEFINE_ENUM_VALUE (CPROC_FILE_FLAGS_APPEND, "append"),
                     G_DEFINE_ENUM_VALUE (CPROC_FILE_FLAGS_EXCLUSIVE, "exclusive"))

G_DEFINE_ENUM_TYPE (CprocPipeDirection, cproc_pipe_direction,
                    G_DEFINE_ENUM_VALUE (CPROC_PIPE_DIRECTION_READ, "read"),
                    G_DEFINE_ENUM_VALUE (CPROC_PIPE_DIRECTION_WRITE, "write"),
                    G_DEFINE_ENUM_VALUE (CPROC_PIPE_DIRECTION_BOTH, "both"))

G_DEFINE_ENUM_TYPE (CprocResource, cproc_resource,
                    G_DEFINE_ENUM_VALUE (CPROC_RESOURCE_CPU, "cpu"),
                    G_DEFINE_ENUM_VALUE (CPROC_RESOURCE_FSIZE, "fsize"),
                    G_DEFINE_ENUM_VALUE (CPROC_RESOURCE_DATA, "data"),
                    G_DEFINE_ENUM_VALUE (CPROC_RESOURCE_STACK, "stack"),
                    G_DEFINE_ENUM_VALUE (CPROC_RESOURCE_CORE, "core"),
                    G_DEFINE_ENUM_VALUE (CPROC_RESOURCE_RSS, "rss"),
                    G_DEFINE_ENUM_VALUE (CPROC_RESOURCE_NPROC, "nproc"),
                    G_DEFINE_ENUM_VALUE (CPROC_RESOURCE_NOFILE, "nofile"),
                    G_DEFINE_ENUM_VALUE (CPROC_RESOURCE_MEMLOCK, "memlock"),
                    G_DEFINE_ENUM_VALUE (CPROC_RESOURCE_AS, "as"))

G_DEFINE_FLAGS_TYPE (CprocLineFlags, cproc_line_flags,
                     G_DEFINE_ENUM_VALUE (CPROC_LINE_FLAGS_NONE, "none"),
                     G_DEFINE_ENUM_VALUE (CPROC_LINE_FLAGS_CONTINUES, "continues"),
                     G_DEFINE_ENUM_VALUE (CPROC_LINE_FLAGS_REPLACED, "replaced"),
                     G_DEFINE_ENUM_VALUE (CPROC_LINE_FLAGS_UNTERMINATED, "unterminated"))

G_DEFINE_FLAGS_TYPE (CprocTerminalFlags, cproc_terminal_flags,
                     G_DEFINE_ENUM_VALUE (CPROC_TERMINAL_FLAGS_NONE, "none"),
                     G_DEFINE_ENUM_VALUE (CPROC_TERMINAL_FLAGS_NO_ECHO, "no-echo"),
                     G_DEFINE_ENUM_VALUE (CPROC_TERMINAL_FLAGS_RAW, "raw"))
