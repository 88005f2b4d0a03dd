# SPDX-License-Identifier: LGPL-2.1-or-later
"""cproc exec, and what holds for each verb."""

import json
import os
import signal
import subprocess

from common import (CHILD, NOT_EXECUTABLE, NOT_FOUND, OUTPUT_LIMIT, SIGNAL, TIMED_OUT, USAGE,
                    TestCase, as_from_a_shell, environment, main, run, start)


class Exec(TestCase):
    def test_output(self):
        done = run("exec", CHILD, "echo", 1, "to stdout\n", 2, "to stderr\n")
        self.assertEqual((done.code, done.stdout, done.stderr), (0, b"to stdout\n", b"to stderr\n"))

    def test_output_is_bytes(self):
        done = run("exec", "--", "printf", r"\377\000\n\377")
        self.assertEqual(done.stdout, b"\xff\0\n\xff")

    def test_output_is_whole(self):
        done = run("exec", CHILD, "write", 1, 3 << 20)
        self.assertEqual(len(done.stdout), 3 << 20)

    def test_exit_code(self):
        for code in (0, 1, 7, 255):
            done = run("exec", CHILD, "exit", code)
            self.assertEqual((done.code, done.stderr), (code, b""))

    def test_signal(self):
        done = run("exec", CHILD, "signal", signal.SIGUSR1)
        self.assertEqual(done.code, SIGNAL + signal.SIGUSR1)
        self.assertIn(b"SIGUSR1", done.stderr)

    def test_stdin(self):
        done = run("exec", CHILD, "cat", input=b"what comes in")
        self.assertEqual(done.stdout, b"what comes in")

    def test_options_of_the_program(self):
        for separator in ([], ["--"]):
            done = run("exec", *separator, CHILD, "print-args", "--json", "--", "-h")
            self.assertEqual(done.stdout.split(b"\n")[-4:-1], [b"--json", b"--", b"-h"])

    def test_program_called_separator(self):
        program = self.path("--", "#!/bin/sh\necho it runs\n")
        os.chmod(program, 0o755)
        path = self.folder + ":" + os.environ["PATH"]
        done = run("exec", "--", "--", env=environment(PATH=path))
        self.assertEqual((done.code, done.stdout), (0, b"it runs\n"))

    def test_shell(self):
        for option in ("-s", "--shell"):
            done = run("exec", option, "echo one | tr a-z A-Z; exit 4")
            self.assertEqual((done.code, done.stdout), (4, b"ONE\n"))

    def test_shell_takes_one_argument(self):
        self.assertUsageError(run("exec", "--shell", "echo", "more"), "more")

    def test_timeout(self):
        for option in (["-t", "0.05"], ["--timeout=0.05"], ["--timeout", "0.05"]):
            done = run("exec", *option, CHILD, "sleep-forever", "it began")
            self.assertEqual((done.code, done.stdout), (TIMED_OUT, b"it began\n"))
            self.assertEqual(done.stderr.count(b"\n"), 1)

    def test_no_timeout(self):
        self.assertEqual(run("exec", "--timeout=0", CHILD, "exit", 3).code, 3)

    def test_timeout_in_time(self):
        self.assertEqual(run("exec", "--timeout=1000", CHILD, "exit", 3).code, 3)

    def test_bad_timeout(self):
        for value in ("", "soon", "1s", "-1", "nan", "inf", "1e30"):
            self.assertUsageError(run("exec", "--timeout=" + value, CHILD, "exit", 0), f"“{value}”")

    def test_max_buffer(self):
        for option in (["-m", "10"], ["--max-buffer=10"], ["--max-buffer", "10"]):
            done = run("exec", *option, CHILD, "write", 1, 1000)
            self.assertEqual((done.code, done.stdout), (OUTPUT_LIMIT, b"abcdefghij"))
            self.assertEqual(done.stderr.count(b"\n"), 1)

    def test_max_buffer_ends_the_program(self):
        self.assertEqual(run("exec", "--max-buffer=100", "yes").code, OUTPUT_LIMIT)

    def test_max_buffer_just_enough(self):
        done = run("exec", "--max-buffer=1000", CHILD, "write", 1, 1000)
        self.assertEqual((done.code, len(done.stdout)), (0, 1000))

    def test_bad_max_buffer(self):
        for value in ("", "much", "-1", "10k", "1.5", "99999999999999999999"):
            self.assertUsageError(run("exec", "--max-buffer=" + value, CHILD, "exit", 0),
                                  f"“{value}”")

    def test_leaves_nothing(self):
        """Not even what has a session of its own."""
        for how in ("plain", "session", "double", "ignore-term", "closed"):
            done = run("exec", CHILD, "spawn-grandchild", how, 3)
            self.assertEqual(done.code, 3)
            self.assertGone(int(done.stdout))

    def test_signals_of_the_program(self):
        """They are as usual, whatever the command does with its own."""
        done = run("exec", CHILD, "print-signals")
        self.assertNotIn(b"ignored %d\n" % signal.SIGPIPE, done.stdout)
        self.assertNotIn(b"blocked", done.stdout)


class Json(TestCase):
    MEMBERS = ["stdout", "stderr", "exitCode", "signal", "timedOut", "userTime", "systemTime",
               "maxRss", "error"]

    def run_json(self, *argv, code, **options):
        done = run("exec", *argv, **options)
        self.assertEqual(done.code, code, done.stderr)
        self.assertEqual(done.stderr, b"")
        self.assertEqual(done.stdout.count(b"\n"), 1)
        report = json.loads(done.stdout.decode())
        self.assertEqual(list(report), self.MEMBERS)
        return report

    def test_success(self):
        for option in ("-j", "--json"):
            report = self.run_json(option, CHILD, "echo", 1, "one\n", 2, "two", code=0)
            self.assertEqual(report["stdout"], "one\n")
            self.assertEqual(report["stderr"], "two")
            self.assertEqual(report["exitCode"], 0)
            self.assertIsNone(report["signal"])
            self.assertIs(report["timedOut"], False)
            self.assertIsNone(report["error"])

    def test_usage(self):
        report = self.run_json("--json", CHILD, "burn", 50, 20000, code=0)
        self.assertGreaterEqual(report["userTime"] + report["systemTime"], 40000)
        self.assertGreaterEqual(report["maxRss"], 20000 * 1024)

    def test_failure(self):
        report = self.run_json("--json", CHILD, "exit", 7, code=7)
        self.assertEqual(report["exitCode"], 7)
        self.assertIn("7", report["error"])

    def test_signal(self):
        report = self.run_json("--json", CHILD, "signal", 10, code=SIGNAL + 10)
        self.assertEqual((report["exitCode"], report["signal"]), (None, 10))

    def test_timeout(self):
        report = self.run_json("--json", "--timeout=0.05", CHILD, "sleep-forever", "so far",
                               code=TIMED_OUT)
        self.assertIs(report["timedOut"], True)
        self.assertEqual(report["stdout"], "so far\n")

    def test_max_buffer(self):
        report = self.run_json("--json", "--max-buffer=3", CHILD, "echo", 1, "abcdef",
                               code=OUTPUT_LIMIT)
        self.assertEqual(report["stdout"], "abc")
        self.assertTrue(report["error"])

    def test_any_bytes(self):
        report = self.run_json("--json", "printf", r"\377 \000 \042 \134 \303\244\001", code=0)
        self.assertEqual(report["stdout"], "\ufffd \ufffd \" \\ ä\x01")

    def test_is_utf8_in_any_locale(self):
        report = self.run_json("--json", CHILD, "echo", 1, "ä🙂", code=0,
                               env=environment(LC_ALL="C", LANGUAGE=""))
        self.assertEqual(report["stdout"], "ä🙂")

    def test_missing_program(self):
        report = self.run_json("--json", self.path("missing"), code=NOT_FOUND)
        self.assertIn(self.path("missing"), report["error"])
        self.assertIsNone(report["exitCode"])
        self.assertIsNone(report["signal"])
        self.assertIsNone(report["maxRss"])


class EachVerb(TestCase):
    def test_missing_program(self):
        for verb in ("exec", "spawn", "fork"):
            done = run(verb, self.path("missing"))
            self.assertEqual((done.code, done.stdout), (NOT_FOUND, b""), verb)
            self.assertIn(self.path("missing").encode(), done.stderr)

    def test_not_executable(self):
        path = self.path("data", "no program\n")
        for verb in ("exec", "spawn", "fork"):
            done = run(verb, path)
            self.assertEqual((done.code, done.stdout), (NOT_EXECUTABLE, b""), verb)
            self.assertIn(b"data", done.stderr)

    def test_nothing_to_run(self):
        for argv in (["exec"], ["exec", "--"], ["spawn", "--plain"], ["fork", "--linger=1"]):
            self.assertUsageError(run(*argv), "cproc " + argv[0], "--help")

    def test_unknown_option(self):
        for verb in ("exec", "spawn", "fork"):
            self.assertUsageError(run(verb, "--frobnicate", "true"), "cproc " + verb, "frobnicate")

    def test_unknown_verb(self):
        self.assertUsageError(run("eat"), "“eat”", "spawn")

    def test_no_verb(self):
        done = run()
        self.assertEqual((done.code, done.stdout), (USAGE, b""))
        self.assertIn(b"spawn", done.stderr)

    def test_words_for_options(self):
        self.assertEqual(run("help").stdout, run("--help").stdout)
        self.assertEqual(run("help", "spawn").stdout, run("spawn", "--help").stdout)
        for word in ("version", "-V"):
            self.assertEqual(run(word).stdout, run("--version").stdout)
        for argv in (["halp"], ["help", "halp"]):
            self.assertUsageError(run(*argv), "“halp”", "exec, spawn or fork")

    def test_help(self):
        for argv in (["--help"], ["-h"], ["exec", "--help"], ["spawn", "-h"], ["fork", "--help"]):
            done = run(*argv)
            self.assertEqual((done.code, done.stderr), (0, b""))
            self.assertIn(b"cproc", done.stdout)

    def test_version(self):
        self.assertRegex(run("--version").stdout, rb"^cproc \d+\.\d+\.\d+\n$")

    def test_full_disk(self):
        for argv in (["exec", "echo", "x"], ["exec", "--json", "echo", "x"],
                     ["exec", "seq", "100000"], ["spawn", "yes"], ["spawn", "--plain", "yes"]):
            with open("/dev/full", "wb") as full, \
                 start(*argv, stdout=full, stderr=subprocess.PIPE) as process:
                stderr = process.stderr.read().decode()
                code = process.wait()
            self.assertEqual(code, 1, argv)
            self.assertIn(os.strerror(28), stderr)

    def test_closed_pipe(self):
        """As in a pipeline that ends with head: the program ends too, without a word."""
        for argv in (["exec", "seq", "1000000"], ["spawn", "yes"], ["spawn", "--plain", "yes"]):
            reader, writer = os.pipe()
            os.close(reader)
            with start(*argv, stdout=writer, stderr=subprocess.PIPE) as process:
                os.close(writer)
                stderr = process.stderr.read()
                code = process.wait()
            self.assertEqual((code, stderr), (SIGNAL + signal.SIGPIPE, b""), argv)

    def test_closed_stdin(self):
        for verb in ("exec", "spawn"):
            done = run("exec", "--shell", f"exec {CHILD} cat <&-")
            self.assertNotEqual(done.code, NOT_EXECUTABLE)
            with start(verb, CHILD, "exit", 5, stdout=subprocess.DEVNULL,
                       close_fds=True) as process:
                self.assertEqual(process.wait(), 5)


def interrupt(signum, *argv, after=b"ready\n", times=1, **options):
    """Sends the signal once the command has printed the line; returns code and output."""
    with start(*argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, **options) as process:
        output = process.stdout.readline()
        while not output.endswith(after):
            output += process.stdout.readline()
        for _ in range(times):
            process.send_signal(signum)
        output += process.stdout.read()
        return process.wait(), output


class Interrupt(TestCase):
    def test_ends_by_it(self):
        """So that a shell ends its script too."""
        for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            code, output = interrupt(signum, "spawn", "--plain", CHILD, "sleep-forever", "ready")
            self.assertEqual((code, output), (-signum, b"ready\n"))

    def test_ends_the_tree(self):
        for how in ("plain", "session", "double", "closed"):
            code, output = interrupt(signal.SIGINT, "spawn", "--plain", "--shell",
                                     f"{CHILD} spawn-grandchild {how} stay & wait",
                                     after=b"\n")
            self.assertEqual(code, -signal.SIGINT)
            self.assertGone(int(output))

    def test_second_ends_at_once(self):
        """Not after the grace of five seconds."""
        with start("spawn", "--plain", CHILD, "ignore-term", stdin=subprocess.DEVNULL,
                   stdout=subprocess.PIPE) as process:
            self.assertEqual(process.stdout.readline(), b"ready\n")
            process.send_signal(signal.SIGINT)
            process.send_signal(signal.SIGTERM)
            self.assertIn(process.wait(4), (-signal.SIGINT, -signal.SIGTERM))

    def test_ignored_stays_ignored(self):
        """As under nohup."""
        def ignore():
            as_from_a_shell()
            signal.signal(signal.SIGHUP, signal.SIG_IGN)

        from common import TOOL
        argv = [TOOL, "spawn", "--plain", CHILD, "ignore-term"]
        with subprocess.Popen(argv, preexec_fn=ignore, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE) as process:
            self.assertEqual(process.stdout.readline(), b"ready\n")
            process.send_signal(signal.SIGHUP)
            process.send_signal(signal.SIGHUP)
            # Had they ended the program, it would be at once.
            with self.assertRaises(subprocess.TimeoutExpired):
                process.wait(0.2)
            process.send_signal(signal.SIGINT)
            process.send_signal(signal.SIGTERM)
            process.wait()

    def test_killed(self):
        """What cannot be caught ends the tree nevertheless."""
        code, output = interrupt(signal.SIGKILL, "spawn", "--plain", CHILD, "spawn-grandchild",
                                 "session", "stay", after=b"\n")
        self.assertEqual(code, -signal.SIGKILL)
        self.assertGone(int(output))


main()
