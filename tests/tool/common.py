# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests of the command share."""

import os
import signal
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "bindings"))

import tap
from tap import CHILD, LIMIT_SECONDS, main

TOOL = os.environ["CPROC_TOOL"]
WORKER = os.environ["CPROC_TEST_WORKER"]

USAGE, TIMED_OUT, OUTPUT_LIMIT, NOT_EXECUTABLE, NOT_FOUND, SIGNAL = 2, 124, 125, 126, 127, 128


def as_from_a_shell():
    """What runs the tests may ignore signals."""
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(signum, signal.SIG_DFL)


def start(*argv, **options):
    return subprocess.Popen([TOOL, *map(str, argv)], preexec_fn=as_from_a_shell, **options)


class Done:
    def __init__(self, code, stdout, stderr):
        self.code = code
        self.stdout = stdout
        self.stderr = stderr


def run(*argv, input=b"", **options):
    """Runs the command to its end; what it prints is bytes."""
    with start(*argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
               **options) as process:
        try:
            stdout, stderr = process.communicate(input, timeout=LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    return Done(process.returncode, stdout, stderr)


def environment(**variables):
    return {**os.environ, **variables}


class TestCase(tap.TestCase):
    def assertUsageError(self, done, *words):
        """The command line was wrong: said on standard error, in one line or two."""
        self.assertEqual(done.code, USAGE)
        self.assertEqual(done.stdout, b"")
        self.assertLessEqual(done.stderr.count(b"\n"), 2)
        for word in words:
            self.assertIn(word.encode(), done.stderr)
