# SPDX-License-Identifier: LGPL-2.1-or-later
"""Enumerations, error codes and the boxed values that every room shares, from Python."""

import harness
from harness import Cproc

# In the order of their numbers, which are part of the ABI.
ENUMERATIONS = {
    Cproc.State: ["NEW", "PREPARED", "STARTING", "RUNNING", "EXITED", "CLOSED"],
    Cproc.Error: ["EXITED", "SIGNALED", "TIMED_OUT", "OUTPUT_LIMIT", "ALREADY_STARTED",
                  "NOT_RUNNING", "CHANNEL_CLOSED", "INVALID_MESSAGE", "MESSAGE_TOO_LARGE",
                  "NOT_SUPPORTED", "RUNNER_FAILED", "RUNNER_LOST", "QUEUE_FULL", "WORKER_ENDED",
                  "CLOSED"],
}


class Base(harness.TestCase):
    def test_enumerations(self):
        for kind, names in ENUMERATIONS.items():
            self.assertEqual([int(getattr(kind, name)) for name in names],
                             list(range(len(names))), kind)

    def test_line_flags(self):
        self.assertEqual([int(getattr(Cproc.LineFlags, name))
                          for name in ("NONE", "CONTINUES", "REPLACED", "UNTERMINATED")],
                         [0, 1, 2, 4])

    def test_resource_usage(self):
        usage = Cproc.ResourceUsage()
        usage.user_time, usage.system_time, usage.max_rss = 1, 2, 3
        copy = usage.copy()
        usage.max_rss = 4
        self.assertEqual((copy.user_time, copy.system_time, copy.max_rss), (1, 2, 3))


if __name__ == "__main__":
    harness.main()
