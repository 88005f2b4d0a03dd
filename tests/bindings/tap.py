# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs the tests of the main module and prints what they did as TAP, and what all of them share."""

import os
import select
import sys
import tempfile
import traceback
import unittest

CHILD = os.environ["CPROC_TEST_CHILD"]

# Nothing here comes near it; it only turns what would hang into a failure.
LIMIT_SECONDS = 60


class TestCase(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = os.path.realpath(folder.name)

    def path(self, name, content=None):
        """Of a file of the test's own; with content, text or bytes, it is there."""
        path = os.path.join(self.folder, name)
        if content is not None:
            with open(path, "wb") as file:
                file.write(content.encode() if isinstance(content, str) else content)
        return path

    def assertGone(self, pid):
        """The process ends, or has ended."""
        try:
            pidfd = os.pidfd_open(pid)
        except ProcessLookupError:
            return
        poll = select.poll()
        poll.register(pidfd, select.POLLIN)
        ended = poll.poll(LIMIT_SECONDS * 1000)
        os.close(pidfd)
        self.assertTrue(ended, f"{pid} lives on")

    def assertRuns(self, pid):
        os.kill(pid, 0)


class TapResult(unittest.TestResult):
    """Prints TAP; an exception in a callback fails the test that was running."""

    def __init__(self):
        super().__init__()
        self.number = 0
        self.problems = []
        self.reason = None
        self.failed = False
        sys.excepthook = self.in_callback

    def in_callback(self, *exception):
        self.problems.append("".join(traceback.format_exception(*exception)))

    def startTest(self, test):
        super().startTest(test)
        self.problems = []
        self.reason = None

    def addError(self, test, error):
        super().addError(test, error)
        self.in_callback(*error)

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self.in_callback(*error)

    def addSubTest(self, test, subtest, error):
        super().addSubTest(test, subtest, error)
        if error is not None:
            self.problems.append(str(subtest))
            self.in_callback(*error)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.reason = reason

    def stopTest(self, test):
        super().stopTest(test)
        self.number += 1
        name = "/".join(test.id().split(".")[1:])
        for problem in self.problems:
            print("# " + problem.rstrip().replace("\n", "\n# "))
        skip = f" # SKIP {self.reason}" if self.reason else ""
        print("not ok" if self.problems else "ok", self.number, name + skip, flush=True)
        self.failed = self.failed or bool(self.problems)


def main():
    loader = unittest.defaultTestLoader
    if len(sys.argv) > 1:
        suite = loader.loadTestsFromNames(sys.argv[1:], sys.modules["__main__"])
    else:
        suite = loader.loadTestsFromModule(sys.modules["__main__"])
    print(f"1..{suite.countTestCases()}", flush=True)
    result = TapResult()
    suite.run(result)
    sys.exit(1 if result.failed else 0)
