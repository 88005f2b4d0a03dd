/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#ifdef __cplusplus
extern "C" {
#endif

/* What the C and C++ programs of the benchmark share: a program is called
 * `bench-PEER CASE [name=value…]` and prints one line of JSON. */

typedef struct
{
  const char *name;
  void (*run) (void);
} BenchCase;

/* cases ends with a NULL name. Returns 77 for a case that the program does not have. */
int         bench_main       (int argc, char **argv, const char *peer, const BenchCase *cases);

long        bench_param      (const char *name, long fallback);
const char *bench_child      (void);
const char *bench_case       (void);

/* Monotonic time in nanoseconds. */
long long   bench_now        (void);

/* What is timed: wall clock and the process's own CPU seconds (all threads, no children). Each
 * pair is a sample; the sums go into the report. */
void        bench_begin      (void);
void        bench_end        (void);
double      bench_wall       (void);
double      bench_cpu        (void);

/* A sample taken otherwise, in nanoseconds; bench_end_as() is bench_end() with another sample. */
void        bench_sample     (double nanoseconds);
void        bench_end_as     (double nanoseconds);
double      bench_median     (void);
double      bench_worst      (void);

/* Touches as much memory as the parameter `touch` says, in MiB and pages of 4 KiB. */
void        bench_touch      (void);
long        bench_rss        (void);
long        bench_peak       (void);
void        bench_peak_reset (void);
int         bench_threads    (void);

void        bench_extra      (const char *name, double value);
void        bench_report     (double value, const char *unit);

/* For the case `fairness`: the worst sample and the worst delay of a message, both in nanoseconds,
 * and how much the loud child was read meanwhile. */
void        bench_report_delays (double worst_message, long long bytes);

/* Ends the program with a message when a peer did not do the work it was given. */
void        bench_check      (int good, const char *what);

/* The moment that the child's mode `stamp` left in the file. */
const char *bench_stamp_path (void);
long long   bench_stamp_read (void);

/* The parameter `script` counts these. */
#define BENCH_PHRASES \
  "The quick brown fox jumps over the lazy dog. ", \
  "Съешь ещё этих мягких " "французских булок, да выпей же чаю. ", \
  "天地玄黄，宇宙洪荒。" "日月盈昃，辰宿列张。" "寒来暑往，秋收冬藏。"

/* The message that the echo cases send, parameters `size`, `string` and `script`: JSON without a
 * line end;
 * to be freed. */
char       *bench_message    (long *length);

#define BENCH_SMALL "{\"foo\":1,\"bar\":2}"

/* Read sizes and the write window are the same for every peer that can choose. */
#define BENCH_READ_SIZE 65536
#define BENCH_WRITE_SIZE 65536
#define BENCH_WRITES_AHEAD 16

#ifdef __cplusplus
}
#endif
