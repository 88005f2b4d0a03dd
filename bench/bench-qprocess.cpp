/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Qt's QProcess. */

#include <QtCore/QCoreApplication>
#include <QtCore/QElapsedTimer>
#include <QtCore/QProcess>
#include <QtCore/QTimer>

#include <cstdlib>
#include <csignal>
#include <memory>
#include <vector>

#include "bench-common.h"

static QEventLoop *loop;
static long left_to_start;
static long left_to_end;

/* forwarded: the child has the parent's descriptors, as every peer's in these cases. */
static QProcess *
make (const QString     &program,
      const QStringList &arguments,
      bool               forwarded = true)
{
  auto *process = new QProcess;

  if (forwarded)
    {
      process->setProcessChannelMode (QProcess::ForwardedChannels);
      process->setInputChannelMode (QProcess::ForwardedInputChannel);
    }
  process->setProgram (program);
  process->setArguments (arguments);

  return process;
}

template <typename Function>
static void
on_finished (QProcess *process,
             Function  function)
{
  QObject::connect (process, QOverload<int, QProcess::ExitStatus>::of (&QProcess::finished),
                    function);
}

static void
run_start ()
{
  long count = bench_param ("count", 100);

  bench_touch ();
  for (long i = 0; i < count; i++)
    {
      bench_begin ();
      std::unique_ptr<QProcess> process (make ("/bin/true", {}));
      process->start (QIODevice::ReadWrite);
      bench_check (process->waitForStarted (), "no start");
      bench_end ();
      process->waitForFinished ();
    }
  bench_report (bench_median () / 1e3, "µs");
}

static void
run_start_async ()
{
  long count = bench_param ("count", 100);

  bench_touch ();
  for (long i = 0; i < count; i++)
    {
      bench_begin ();
      std::unique_ptr<QProcess> process (make ("/bin/true", {}));
      process->start (QIODevice::ReadWrite);
      bench_end ();
      process->waitForFinished ();
    }
  bench_report (bench_median () / 1e3, "µs");
}

static void
start_next ()
{
  QProcess *process = make ("/bin/true", {});

  left_to_start--;
  on_finished (process, [process] (int, QProcess::ExitStatus) {
    process->deleteLater ();
    if (left_to_start > 0)
      start_next ();
    if (--left_to_end == 0)
      loop->quit ();
  });
  process->start (QIODevice::ReadWrite);
}

static void
run_many (long count,
          long in_flight)
{
  left_to_start = count;
  left_to_end = count;
  bench_begin ();
  while (in_flight-- > 0)
    start_next ();
  loop->exec ();
  bench_end ();
}

static void
run_spawn ()
{
  long count = bench_param ("count", 200);

  bench_touch ();
  run_many (count, 1);
  bench_report (count / bench_wall (), "/s");
}

static void
run_flight ()
{
  long count = bench_param ("count", 500);

  run_many (count, std::min (count, bench_param ("flight", 64)));
  bench_report (count / bench_wall (), "/s");
}

static std::vector<QProcess *>
start_idle (long n,
            bool forwarded)
{
  std::vector<QProcess *> idle;

  while (n-- > 0)
    {
      idle.push_back (make (bench_child (), { "idle" }, forwarded));
      idle.back ()->start (QIODevice::ReadWrite);
      bench_check (idle.back ()->waitForStarted (), "no start");
    }
  return idle;
}

static void
end_idle (const std::vector<QProcess *> &idle)
{
  for (auto *process : idle)
    process->kill ();
  for (auto *process : idle)
    {
      process->waitForFinished ();
      delete process;
    }
}

static void
run_live ()
{
  long count = bench_param ("count", 100);
  auto idle = start_idle (bench_param ("live", 10), true);

  run_many (count, 1);
  end_idle (idle);
  bench_report (bench_cpu () * 1e6 / count, "µs CPU");
}

static void
exec_once (const QStringList &arguments,
           long               expected)
{
  std::unique_ptr<QProcess> process (make (bench_child (), arguments, false));

  on_finished (process.get (), [] (int, QProcess::ExitStatus) { loop->quit (); });
  process->start (QIODevice::ReadOnly);
  loop->exec ();
  QByteArray output = process->readAllStandardOutput ();
  bench_check (output.size () == expected, "output is missing");
}

static void
run_exec ()
{
  long count = bench_param ("count", 100);
  long size = bench_param ("size", 20);
  QStringList arguments { "write", QString::number (size), "65536" };

  exec_once (arguments, size);
  bench_peak_reset ();
  long base = bench_rss ();
  bench_begin ();
  for (long i = 0; i < count; i++)
    exec_once (arguments, size);
  bench_end ();
  bench_extra ("memory", (bench_peak () - base) * 1024.0 / size);
  bench_report (count / bench_wall (), "/s");
}

static void
run_exit ()
{
  long count = bench_param ("count", 100);

  for (long i = 0; i < count; i++)
    {
      std::unique_ptr<QProcess> process (make (bench_child (),
                                               { "stamp", bench_stamp_path (), "3" }));

      on_finished (process.get (), [] (int, QProcess::ExitStatus) {
        long long now = bench_now ();

        bench_sample (now - bench_stamp_read ());
        loop->quit ();
      });
      process->start (QIODevice::ReadWrite);
      loop->exec ();
    }
  bench_report (bench_median () / 1e3, "µs");
}

static void
report_memory (bool forwarded)
{
  long count = bench_param ("count", 500);
  auto idle = start_idle (20, forwarded);
  long base = bench_rss ();
  auto more = start_idle (count, forwarded);

  bench_extra ("threads", bench_threads ());
  bench_report ((bench_rss () - base) / (double) count, "KiB");
  end_idle (more);
  end_idle (idle);
}

static void
run_memory_child ()
{
  report_memory (true);
}

static void
run_memory_piped ()
{
  report_memory (false);
}

static void
run_output ()
{
  long mib = bench_param ("mib", 1024);
  long long total = static_cast<long long> (mib) << 20;
  long long length = 0;

  bench_begin ();
  std::unique_ptr<QProcess> process (make (bench_child (),
                                           { "write", QString::number (total),
                                             QString::number (bench_param ("chunk", 65536)) },
                                           false));
  QObject::connect (process.get (), &QProcess::readyReadStandardOutput,
                    [&] { length += process->readAllStandardOutput ().size (); });
  on_finished (process.get (), [] (int, QProcess::ExitStatus) { loop->quit (); });
  process->start (QIODevice::ReadOnly);
  loop->exec ();
  bench_end ();
  bench_check (length == total, "output is missing");
  bench_extra ("cpu_per_gb", bench_cpu () / (length / 1e9));
  bench_report (length / 1e9 / bench_wall (), "GB/s");
}

/* Each line a QString, handed to a function. */
static void
run_lines (void (*cut) (QProcess *process, QByteArray &unfinished, long &n))
{
  long count = bench_param ("count", 1000000);
  long n = 0;
  QByteArray unfinished;

  bench_begin ();
  std::unique_ptr<QProcess> process (make (bench_child (),
                                           { "lines", QString::number (count), "40" }, false));
  QObject::connect (process.get (), &QProcess::readyReadStandardOutput,
                    [&] { cut (process.get (), unfinished, n); });
  on_finished (process.get (), [] (int, QProcess::ExitStatus) { loop->quit (); });
  process->start (QIODevice::ReadOnly);
  loop->exec ();
  bench_end ();
  bench_check (n == count, "lines are missing");
  bench_report (count / 1e6 / bench_wall (), "M/s");
}

static void
cut_each (QProcess   *process,
          QByteArray &,
          long       &n)
{
  while (process->canReadLine ())
    {
      QString line = QString::fromUtf8 (process->readLine ());

      bench_check (line.startsWith (QLatin1Char ('a')), "another line");
      n++;
    }
}

static void
cut_all (QProcess   *process,
         QByteArray &unfinished,
         long       &n)
{
  unfinished += process->readAllStandardOutput ();
  int end = unfinished.lastIndexOf ('\n');

  if (end < 0)
    return;
  QStringList lines = QString::fromUtf8 (unfinished.constData (), end).split (QLatin1Char ('\n'));
  bench_check (lines.first ().startsWith (QLatin1Char ('a')), "another line");
  n += lines.size ();
  unfinished.remove (0, end + 1);
}

static void
run_line ()
{
  run_lines (cut_each);
}

static void
run_lines_batch ()
{
  run_lines (cut_all);
}

/* Keeps as much queued as the other peers do. */
static void
write_all (QProcess  *process,
           long long &left)
{
  static const QByteArray block (BENCH_WRITE_SIZE, 'x');

  while (left > 0 && process->bytesToWrite () < BENCH_WRITES_AHEAD * BENCH_WRITE_SIZE)
    {
      process->write (block);
      left -= block.size ();
      if (left <= 0)
        process->closeWriteChannel ();
    }
}

static void
run_write (QProcess  *made,
           long long  total,
           bool       reads)
{
  std::unique_ptr<QProcess> process (made);
  long long left = total;
  long long length = 0;

  QObject::connect (made, &QProcess::bytesWritten, [&] (qint64) { write_all (made, left); });
  QObject::connect (made, &QProcess::readyReadStandardOutput,
                    [&] { length += made->readAllStandardOutput ().size (); });
  on_finished (made, [] (int, QProcess::ExitStatus) { loop->quit (); });
  made->start (QIODevice::ReadWrite);
  write_all (made, left);
  loop->exec ();
  bench_end ();
  bench_check (!reads || length == total, "output is missing");
  bench_extra ("cpu_per_gb", bench_cpu () / (total / 1e9));
  bench_report (total / 1e9 / bench_wall (), "GB/s");
}

static void
run_stdin ()
{
  bench_begin ();
  run_write (make (bench_child (), { "sink" }, false), bench_param ("mib", 1024) * 1048576LL,
             false);
}

static void
run_cat ()
{
  bench_begin ();
  run_write (make ("/bin/cat", {}, false), bench_param ("mib", 512) * 1048576LL, true);
}

static void
read_ticks (QProcess *process,
            double   &worst)
{
  while (process->canReadLine ())
    {
      double delay = bench_now () - strtoll (process->readLine ().constData () + 5, nullptr, 10);

      worst = std::max (worst, delay);
    }
}

static void
run_fairness ()
{
  std::unique_ptr<QProcess> flood (make (bench_child (), { "write", "0", "1048576" }, false));
  std::unique_ptr<QProcess> ticks (make (bench_child (), { "ticks", "1", "1000" }, false));
  QTimer timer;
  double worst = 0;
  long long length = 0;
  long long last = 0;

  QObject::connect (flood.get (), &QProcess::readyReadStandardOutput,
                    [&] { length += flood->readAllStandardOutput ().size (); });
  QObject::connect (ticks.get (), &QProcess::readyReadStandardOutput,
                    [&] { read_ticks (ticks.get (), worst); });
  QObject::connect (&timer, &QTimer::timeout, [&] {
    long long now = bench_now ();

    bench_sample (now - last - 1000000);
    last = now;
  });
  flood->start (QIODevice::ReadOnly);
  ticks->start (QIODevice::ReadOnly);
  timer.setTimerType (Qt::PreciseTimer);
  timer.start (1);
  QTimer::singleShot (bench_param ("msec", 1000), loop, &QEventLoop::quit);
  last = bench_now ();
  bench_begin ();
  loop->exec ();
  bench_report_delays (worst, length);
  flood->kill ();
  ticks->kill ();
  flood->waitForFinished ();
  ticks->waitForFinished ();
}

static const BenchCase cases[] = {
  { "start", run_start },
  { "start-async", run_start_async },
  { "spawn", run_spawn },
  { "flight", run_flight },
  { "live", run_live },
  { "exec", run_exec },
  { "exit", run_exit },
  { "memory-child", run_memory_child },
  { "memory-piped", run_memory_piped },
  { "output", run_output },
  { "line", run_line },
  { "lines", run_lines_batch },
  { "stdin", run_stdin },
  { "cat", run_cat },
  { "fairness", run_fairness },
  { nullptr, nullptr },
};

int
main (int    argc,
      char **argv)
{
  int qt_argc = 1;
  QCoreApplication application (qt_argc, argv);
  QEventLoop main_loop;

  loop = &main_loop;
  signal (SIGPIPE, SIG_IGN);
  return bench_main (argc, argv, "qprocess", cases);
}
