# SPDX-License-Identifier: LGPL-2.1-or-later
"""The Python override in asyncio, in the event loop of PyGObject (3.50 and later)."""

import asyncio
import unittest
import warnings

import harness
import test_override_asyncio as cases

try:
    from gi.events import GLibEventLoopPolicy
except ImportError:
    GLibEventLoopPolicy = None


@unittest.skipUnless(GLibEventLoopPolicy, "this PyGObject has no event loop")
class GLibLoop:
    @classmethod
    def setUpClass(cls):
        with warnings.catch_warnings():
            # Python 3.14 has other plans for policies, but PyGObject needs its own.
            warnings.simplefilter("ignore", DeprecationWarning)
            cls.loop = GLibEventLoopPolicy().get_event_loop()

    def run_main(self, main):
        selector = self.loop._selector
        self.loop.run_until_complete(asyncio.wait_for(main, harness.LIMIT_SECONDS))
        self.assertIs(self.loop._selector, selector)


class Calls(GLibLoop, cases.Calls):
    pass


class Cancelling(GLibLoop, cases.Cancelling):
    pass


class Lines(GLibLoop, cases.Lines):
    pass


class Worker(GLibLoop, cases.Worker):
    pass


class ContextManager(GLibLoop, cases.ContextManager):
    pass


if __name__ == "__main__":
    harness.main()
