/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gio/gio.h>

#include "child-util.h"
#include "cproc-fd-private.h"

static void
assert_ours (int fd)
{
  g_assert_cmpint (fd, >, STDERR_FILENO);
  g_assert_cmpint (fcntl (fd, F_GETFD), ==, FD_CLOEXEC);
}

static void
test_pipe (void)
{
  g_autoptr(GError) error = NULL;
  CprocPipe ends;
  char c = 0;

  g_assert_true (cproc_fd_open_pipe (&ends, &error));
  g_assert_no_error (error);
  assert_ours (ends.read);
  assert_ours (ends.write);
  g_assert_cmpint (fcntl (ends.read, F_GETFL) & O_NONBLOCK, ==, 0);

  g_assert_cmpint (write (ends.write, "x", 1), ==, 1);
  g_assert_cmpint (read (ends.read, &c, 1), ==, 1);
  g_assert_cmpint (c, ==, 'x');

  cproc_fd_clear (&ends.write);
  g_assert_cmpint (ends.write, ==, -1);
  g_assert_cmpint (read (ends.read, &c, 1), ==, 0);
  cproc_fd_clear (&ends.read);
}

static void
test_socketpair (void)
{
  g_autoptr(GError) error = NULL;
  int fds[2];
  char c = 0;

  g_assert_true (cproc_fd_open_socketpair (fds, &error));
  g_assert_no_error (error);
  for (int i = 0; i < 2; i++)
    {
      assert_ours (fds[i]);
      g_assert_cmpint (write (fds[i], "x", 1), ==, 1);
      g_assert_cmpint (read (fds[1 - i], &c, 1), ==, 1);
    }

  cproc_fd_clear (&fds[0]);
  cproc_fd_clear (&fds[1]);
}

static void
test_nonblocking (void)
{
  CprocPipe ends;
  char c;

  g_assert_true (cproc_fd_open_pipe (&ends, NULL));
  g_assert_true (cproc_fd_set_nonblocking (ends.read, NULL));
  g_assert_cmpint (read (ends.read, &c, 1), ==, -1);
  g_assert_cmpint (errno, ==, EAGAIN);

  /* The other end is a description of its own. */
  g_assert_cmpint (fcntl (ends.write, F_GETFL) & O_NONBLOCK, ==, 0);

  cproc_fd_clear (&ends.read);
  cproc_fd_clear (&ends.write);
}

static void
test_bad (void)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GError) other = NULL;
  int none = -1;

  g_assert_cmpint (cproc_fd_dup (-1, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_assert_false (cproc_fd_set_nonblocking (-1, &other));
  g_assert_error (other, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  cproc_fd_clear (&none);
  g_assert_cmpint (none, ==, -1);
}

static void
test_dup_shares (void)
{
  CprocPipe ends;
  struct stat original, copy;
  int fd;

  g_assert_true (cproc_fd_open_pipe (&ends, NULL));
  fd = cproc_fd_dup (ends.read, NULL);
  assert_ours (fd);
  g_assert_cmpint (fd, !=, ends.read);
  g_assert_cmpint (fstat (ends.read, &original), ==, 0);
  g_assert_cmpint (fstat (fd, &copy), ==, 0);
  g_assert_cmpuint (original.st_ino, ==, copy.st_ino);

  cproc_fd_clear (&fd);
  cproc_fd_clear (&ends.read);
  cproc_fd_clear (&ends.write);
}

static void
test_floor (void)
{
  struct rlimit limit, saved;
  int fd, moved;
  int fds[2];

  fd = cproc_fd_dup_above (STDERR_FILENO, 100);
  g_assert_cmpint (fd, >, 100);
  g_assert_cmpint (cproc_fd_move_above (fd, fd - 1), ==, fd);
  moved = cproc_fd_move_above (fd, fd);
  g_assert_cmpint (moved, >, fd);
  g_assert_cmpint (fcntl (fd, F_GETFD), ==, -1);
  assert_ours (moved);
  g_assert_cmpint (cproc_fd_move_above (-1, 100), ==, -1);
  cproc_fd_clear (&moved);

  g_assert_cmpint (cproc_fd_pair_above (fds, TRUE, 100), ==, 0);
  for (int i = 0; i < 2; i++)
    {
      g_assert_cmpint (fds[i], >, 100);
      assert_ours (fds[i]);
      cproc_fd_clear (&fds[i]);
    }

  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &saved), ==, 0);
  limit = saved;
  limit.rlim_cur = 150;
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  fd = cproc_fd_dup_above (STDERR_FILENO, 149);
  g_assert_cmpint (fd, ==, -1);
  g_assert_cmpint (errno, ==, EMFILE);
  /* One of the two has a place. */
  g_assert_cmpint (cproc_fd_pair_above (fds, FALSE, 148), ==, -1);
  g_assert_cmpint (errno, ==, EMFILE);
  g_assert_cmpint (fds[0], ==, -1);
  g_assert_cmpint (fds[1], ==, -1);
  g_assert_cmpint (fcntl (149, F_GETFD), ==, -1);
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &saved), ==, 0);
}

/* Under any limit, each function works, or fails with the same error and leaks nothing. */
static void
test_exhausted (void)
{
  struct rlimit limit, saved;
  guint n_opened = 0;

  /* The thread has a limit of its own, and knows the numbers of a pipe that it has closed again. */
  if (test_skip_on_valgrind ())
    return;

  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &saved), ==, 0);
  for (limit = saved, limit.rlim_cur = 3; limit.rlim_cur < 80; limit.rlim_cur++)
    {
      g_autoptr(GError) error = NULL;
      int before, after;
      CprocPipe ends;

      before = dup (STDERR_FILENO);
      close (before);
      g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &limit), ==, 0);
      if (cproc_fd_open_pipe (&ends, &error))
        {
          n_opened++;
          g_assert_cmpint (ends.read, >, STDERR_FILENO);
          g_assert_cmpint (ends.write, >, STDERR_FILENO);
          cproc_fd_clear (&ends.read);
          cproc_fd_clear (&ends.write);
        }
      else
        {
          g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TOO_MANY_OPEN_FILES);
          g_assert_cmpint (ends.read, ==, -1);
          g_assert_cmpint (ends.write, ==, -1);
        }

      g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &saved), ==, 0);
      after = dup (STDERR_FILENO);
      g_assert_cmpint (after, ==, before);
      close (after);
    }

  g_assert_cmpuint (n_opened, >, 10);
}

/* A pipe must not take the place of a standard stream that the application has closed. */
static void
test_closed_stdio (void)
{
  if (g_test_subprocess ())
    {
      CprocPipe ends;

      close (STDIN_FILENO);
      g_assert_true (cproc_fd_open_pipe (&ends, NULL));
      assert_ours (ends.read);
      assert_ours (ends.write);
      g_assert_cmpint (fcntl (STDIN_FILENO, F_GETFD), ==, -1);
      return;
    }

  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_passed ();
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/fd/pipe", test_pipe);
  g_test_add_func ("/fd/socketpair", test_socketpair);
  g_test_add_func ("/fd/nonblocking", test_nonblocking);
  g_test_add_func ("/fd/bad", test_bad);
  g_test_add_func ("/fd/dup-shares", test_dup_shares);
  g_test_add_func ("/fd/floor", test_floor);
  g_test_add_func ("/fd/exhausted", test_exhausted);
  g_test_add_func ("/fd/closed-stdio", test_closed_stdio);

  return g_test_run ();
}
