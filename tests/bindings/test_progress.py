# SPDX-License-Identifier: LGPL-2.1-or-later
"""The progress of a child, from Python."""

import gc

import harness
from gi.repository import Gio, GLib

STEPS = r"printf '\r 10%%'; read x; printf '\r 50%%'; read x; printf '\r100%%\n'"


class Progress(harness.TestCase):
    def test_pattern(self):
        child = harness.shell(STEPS)
        seen = []

        def on_progress(child, _pspec):
            seen.append(child.props.progress)
            child.write_async(GLib.Bytes.new(b"\n"), GLib.PRIORITY_DEFAULT, None,
                              lambda *_args: None)

        child.connect("notify::progress", on_progress)
        self.assertEqual(child.get_progress(), -1)
        self.assertTrue(child.set_progress_pattern(r"(\d+)%"))
        child.start()
        harness.wait_closed(child)
        self.assertEqual(seen, [0.1, 0.5, 1])

    def test_bad_patterns(self):
        child = harness.child("exit", 0)
        with self.assertRaises(GLib.Error) as caught:
            child.set_progress_pattern("%")
        self.assertTrue(caught.exception.matches(Gio.io_error_quark(),
                                                 Gio.IOErrorEnum.INVALID_ARGUMENT))
        with self.assertRaises(GLib.Error) as caught:
            child.set_progress_pattern("(")
        self.assertEqual(caught.exception.domain, "g-regex-error-quark")
        child.set_progress_pattern(None)

    def test_function(self):
        child = harness.child("echo", 1, "a\nb\n", 2, "c\n")
        seen = []

        def ask(asked, stream, line):
            seen.append((asked is child, int(stream), line))
            return 0.25 if line == "b" else -1

        child.set_progress_func(ask)
        del ask
        gc.collect()
        child.start()
        harness.wait_closed(child)
        self.assertEqual(sorted(seen), [(True, 1, "a"), (True, 1, "b"), (True, 2, "c")])
        self.assertEqual(child.props.progress, 0.25)
        child.set_progress_func(None)


if __name__ == "__main__":
    harness.main()
