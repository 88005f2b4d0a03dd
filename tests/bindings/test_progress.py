# SPDX-License-Identifier: LGPL-2.1-or-later
"""The progress of a child, from Python."""

import gc

import harness
from gi.repository import Cproc, Gio, GLib

STEPS = r"printf '\r 10%%'; read x; printf '\r 50%%'; read x; printf '\r100%%\n'"


class Progress(harness.TestCase):
    def test_pattern(self):
        child = harness.shell(STEPS)
        seen = []

        progress = Cproc.Progress.new(child)

        def on_progress(progress, _pspec):
            seen.append(progress.props.fraction)
            child.write_async(GLib.Bytes.new(b"\n"), GLib.PRIORITY_DEFAULT, None,
                              lambda *_args: None)

        progress.connect("notify::fraction", on_progress)
        self.assertEqual(progress.get_fraction(), -1)
        self.assertTrue(progress.set_pattern(r"(\d+)%"))
        child.start()
        harness.wait_closed(child)
        self.assertEqual(seen, [0.1, 0.5, 1])

    def test_bad_patterns(self):
        progress = Cproc.Progress.new(harness.child("exit", 0))
        with self.assertRaises(GLib.Error) as caught:
            progress.set_pattern("%")
        self.assertTrue(caught.exception.matches(Gio.io_error_quark(),
                                                 Gio.IOErrorEnum.INVALID_ARGUMENT))
        with self.assertRaises(GLib.Error) as caught:
            progress.set_pattern("(")
        self.assertEqual(caught.exception.domain, "g-regex-error-quark")
        progress.set_pattern(None)

    def test_function(self):
        child = harness.child("echo", 1, "a\nb\n", 2, "c\n")
        progress = Cproc.Progress.new(child)
        seen = []

        def ask(asked, stream, line):
            seen.append((asked is child, int(stream), line))
            return 0.25 if line == "b" else -1

        progress.set_func(ask)
        del ask
        gc.collect()
        child.start()
        harness.wait_closed(child)
        self.assertEqual(sorted(seen), [(True, 1, "a"), (True, 1, "b"), (True, 2, "c")])
        self.assertEqual(progress.props.fraction, 0.25)
        progress.set_func(None)


if __name__ == "__main__":
    harness.main()
