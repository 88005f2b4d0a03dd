/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a test of complete output runs: mix OUT ERR CHUNK writes so many bytes to standard output
 * and to standard error, in turns of a chunk. Byte i of each is 'a' + i % 26. */

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static void
write_all (int fd, const char *data, size_t length)
{
  while (length > 0)
    {
      ssize_t written = write (fd, data, length);

      if (written < 0 && errno == EINTR)
        continue;
      if (written < 0)
        exit (74);
      data += written;
      length -= (size_t) written;
    }
}

/* The result is how much has been written by now. */
static long
write_next (int fd, long done, long total, long chunk, char *buffer)
{
  long length = total - done < chunk ? total - done : chunk;
  long i;

  for (i = 0; i < length; i++)
    buffer[i] = (char) ('a' + (done + i) % 26);
  write_all (fd, buffer, (size_t) length);

  return done + length;
}

int
main (int argc, char **argv)
{
  long out = argc > 1 ? atol (argv[1]) : 0;
  long err = argc > 2 ? atol (argv[2]) : 0;
  long chunk = argc > 3 ? atol (argv[3]) : 65536;
  long out_done = 0, err_done = 0;
  char *buffer;

  if (chunk <= 0 || (buffer = malloc ((size_t) chunk)) == NULL)
    return 64;
  while (out_done < out || err_done < err)
    {
      out_done = write_next (STDOUT_FILENO, out_done, out, chunk, buffer);
      err_done = write_next (STDERR_FILENO, err_done, err, chunk, buffer);
    }
  free (buffer);

  return 0;
}
