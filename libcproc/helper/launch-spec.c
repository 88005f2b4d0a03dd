/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>

#include "launch-spec.h"

/* Parses a spec. No system call and no allocation, so that tests and the fuzzer can use it
 * alone. */

typedef bool (*TokenFunc) (LaunchSpec  *spec,
                           const char **cursor);

static bool
read_number (const char **cursor,
             uint64_t     max,
             uint64_t    *value)
{
  const char *p = *cursor;
  uint64_t n = 0;

  if (*p < '0' || *p > '9')
    return false;
  for (; *p >= '0' && *p <= '9'; p++)
    {
      uint64_t digit = (uint64_t) (*p - '0');

      if (digit > max || n > (max - digit) / 10)
        return false;
      n = n * 10 + digit;
    }
  *cursor = p;
  *value = n;
  return true;
}

static bool
read_int (const char **cursor,
          int         *value)
{
  uint64_t n;

  if (!read_number (cursor, INT_MAX, &n))
    return false;
  *value = (int) n;
  return true;
}

static bool
skip (const char **cursor,
      char         c)
{
  if (**cursor != c)
    return false;
  (*cursor)++;
  return true;
}

static bool
read_version (LaunchSpec  *spec,
              const char **cursor)
{
  int version;

  return read_int (cursor, &version) && version == LAUNCH_SPEC_VERSION;
}

static bool
read_mode (LaunchSpec  *spec,
           const char **cursor)
{
  if (**cursor != LAUNCH_MODE_EXEC && **cursor != LAUNCH_MODE_TREE)
    return false;
  spec->mode = (LaunchMode) **cursor;
  (*cursor)++;
  return true;
}

static bool
read_status (LaunchSpec  *spec,
             const char **cursor)
{
  return read_int (cursor, &spec->status_fd);
}

static bool
read_control (LaunchSpec  *spec,
              const char **cursor)
{
  return read_int (cursor, &spec->control_fd);
}

static bool
read_keep (LaunchSpec  *spec,
           const char **cursor)
{
  int last = -1;
  int fd;

  spec->keep = *cursor;
  do
    {
      if (!read_int (cursor, &fd) || fd <= last)
        return false;
      last = fd;
    }
  while (skip (cursor, ','));
  return true;
}

static bool
read_own_group (LaunchSpec  *spec,
                const char **cursor)
{
  spec->own_group = true;
  return true;
}

static bool
read_new_session (LaunchSpec  *spec,
                  const char **cursor)
{
  spec->new_session = true;
  return true;
}

static bool
read_terminal (LaunchSpec  *spec,
               const char **cursor)
{
  uint64_t fd;

  if (!read_number (cursor, LAUNCH_N_STREAMS - 1, &fd))
    return false;
  spec->terminal_fd = (int) fd;
  return true;
}

static bool
read_foreground (LaunchSpec  *spec,
                 const char **cursor)
{
  spec->foreground = true;
  return true;
}

static bool
read_lets_go (LaunchSpec  *spec,
              const char **cursor)
{
  spec->lets_go = true;
  return true;
}

static bool
read_open (LaunchSpec  *spec,
           const char **cursor)
{
  uint64_t fd, how;

  if (!read_number (cursor, LAUNCH_N_STREAMS - 1, &fd)
      || !skip (cursor, ',') || !read_number (cursor, O_RDWR, &how)
      || spec->opens[fd] >= 0)
    return false;
  spec->opens[fd] = (int) how;
  return true;
}

static bool
read_merges (LaunchSpec  *spec,
             const char **cursor)
{
  spec->merges = true;
  return true;
}

static bool
read_holds (LaunchSpec  *spec,
            const char **cursor)
{
  spec->holds = true;
  return true;
}

static bool
read_parent (LaunchSpec  *spec,
             const char **cursor)
{
  return read_int (cursor, &spec->parent_pid) && spec->parent_pid > 0;
}

static bool
read_nice (LaunchSpec  *spec,
           const char **cursor)
{
  bool negative = skip (cursor, '-');
  uint64_t n;

  /* Twice the whole range is enough. */
  if (!read_number (cursor, 80, &n))
    return false;
  spec->nice = negative ? -(int) n : (int) n;
  return true;
}

static bool
read_umask (LaunchSpec  *spec,
            const char **cursor)
{
  return read_int (cursor, &spec->umask) && spec->umask <= 0777;
}

static bool
read_id (const char **cursor,
         int64_t     *id)
{
  uint64_t n;

  /* UINT32_MAX means "unchanged" to the system. */
  if (!read_number (cursor, UINT32_MAX - 1, &n))
    return false;
  *id = (int64_t) n;
  return true;
}

static bool
read_user (LaunchSpec  *spec,
           const char **cursor)
{
  return read_id (cursor, &spec->uid);
}

static bool
read_group (LaunchSpec  *spec,
            const char **cursor)
{
  return read_id (cursor, &spec->gid);
}

static bool
read_groups (LaunchSpec  *spec,
             const char **cursor)
{
  int64_t group;
  int n = 0;

  spec->groups = *cursor;
  if (**cursor == ' ' || **cursor == '\0')
    return true;
  do
    {
      if (!read_id (cursor, &group) || ++n > LAUNCH_MAX_GROUPS)
        return false;
    }
  while (skip (cursor, ','));
  return true;
}

static bool
read_limit_value (const char **cursor,
                  uint64_t    *value)
{
  if (skip (cursor, '-'))
    {
      *value = LAUNCH_UNLIMITED;
      return true;
    }
  return read_number (cursor, LAUNCH_UNLIMITED - 1, value);
}

static bool
read_limit (LaunchSpec  *spec,
            const char **cursor)
{
  LaunchLimit limit = { .is_set = true };
  uint64_t resource;

  if (!read_number (cursor, LAUNCH_N_LIMITS - 1, &resource)
      || !skip (cursor, ',') || !read_limit_value (cursor, &limit.soft)
      || !skip (cursor, ',') || !read_limit_value (cursor, &limit.hard)
      || spec->limits[resource].is_set)
    return false;
  spec->limits[resource] = limit;
  return true;
}

static const struct
{
  char letter;
  bool repeats;
  TokenFunc func;
} tokens[] = {
  { 'v', false, read_version },
  { 'm', false, read_mode },
  { 's', false, read_status },
  { 'c', false, read_control },
  { 'k', false, read_keep },
  { 'g', false, read_own_group },
  { 'n', false, read_new_session },
  { 't', false, read_terminal },
  { 'f', false, read_foreground },
  { 'l', false, read_lets_go },
  { 'o', true, read_open },
  { 'e', false, read_merges },
  { 'h', false, read_holds },
  { 'p', false, read_parent },
  { 'i', false, read_nice },
  { 'u', false, read_umask },
  { 'U', false, read_user },
  { 'G', false, read_group },
  { 'S', false, read_groups },
  { 'r', true, read_limit },
};

static bool
read_token (LaunchSpec  *spec,
            const char **cursor,
            unsigned    *seen)
{
  size_t i;

  for (i = 0; i < sizeof tokens / sizeof tokens[0]; i++)
    if (skip (cursor, tokens[i].letter))
      {
        if (!tokens[i].repeats && (*seen & 1u << i) != 0)
          return false;
        *seen |= 1u << i;
        return tokens[i].func (spec, cursor);
      }
  return false;
}

static bool
is_kept (const LaunchSpec *spec,
         int               fd)
{
  const char *cursor = spec->keep;
  int kept;

  while ((kept = launch_spec_next_kept (&cursor)) >= 0)
    if (kept == fd)
      return true;
  return false;
}

/* Returns whether the spec is complete: it has a mode, and keeps the helper's own descriptors. */
static bool
is_complete (const LaunchSpec *spec)
{
  if (spec->mode == 0 || spec->keep == NULL || !is_kept (spec, spec->status_fd))
    return false;
  if (spec->terminal_fd >= 0 && !spec->new_session)
    return false;
  if (spec->mode == LAUNCH_MODE_TREE)
    return spec->control_fd != spec->status_fd && is_kept (spec, spec->control_fd);
  return spec->control_fd == -1 && !spec->foreground && !spec->lets_go;
}

bool
launch_spec_parse (const char *text,
                   LaunchSpec *spec)
{
  unsigned seen = 0;

  memset (spec, 0, sizeof *spec);
  spec->status_fd = -1;
  spec->control_fd = -1;
  spec->terminal_fd = -1;
  spec->umask = -1;
  memset (spec->opens, 0xff, sizeof spec->opens);
  spec->uid = -1;
  spec->gid = -1;

  if (*text != 'v')
    return false;
  do
    {
      if (!read_token (spec, &text, &seen))
        return false;
    }
  while (skip (&text, ' '));
  return *text == '\0' && is_complete (spec);
}

int
launch_spec_next_kept (const char **cursor)
{
  int fd;

  if (!read_int (cursor, &fd))
    return -1;
  skip (cursor, ',');
  return fd;
}

bool
launch_spec_next_group (const char **cursor,
                        uint32_t    *group)
{
  int64_t id;

  if (!read_id (cursor, &id))
    return false;
  skip (cursor, ',');
  *group = (uint32_t) id;
  return true;
}
