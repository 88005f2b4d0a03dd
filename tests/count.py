#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Counts the tests in meson's testlog.json, and exits with 0 only if some ran and none failed.
Prints each skipped test with its reason.

A program that speaks TAP counts as the tests it reports; any other program is one test. A TAP
program that crashed, ran out of time or reported fewer tests than it had planned counts as one
failed test more.
"""

import json
import re
import sys

PLAN = re.compile(r"1\.\.(\d+)", re.MULTILINE)
RESULT = re.compile(r"(not )?ok\b[^#\n]*(?:#\s*(SKIP|TODO)\b.*)?$", re.MULTILINE | re.IGNORECASE)
GOOD = ("OK", "EXPECTEDFAIL", "SKIP")


def count_tap(stdout, result):
    """Returns the numbers of passed, failed and skipped tests."""
    passed = failed = skipped = 0
    for line in stdout.splitlines():
        match = RESULT.match(line)
        if match is None:
            continue
        not_ok, directive = match.group(1), (match.group(2) or "").upper()
        if directive == "SKIP":
            skipped += 1
        elif bool(not_ok) == (directive == "TODO"):
            passed += 1
        else:
            failed += 1
    if result not in GOOD and failed == 0:
        failed += 1
    return passed, failed, skipped


def print_skipped(entry):
    for line in (entry.get("stdout") or "").splitlines():
        match = RESULT.match(line)
        if match is not None and (match.group(2) or "").upper() == "SKIP":
            print(f"{entry['name']}: {line}")


def count_program(result):
    if result == "SKIP":
        return 0, 0, 1
    return (1, 0, 0) if result in GOOD else (0, 1, 0)


def count(entry):
    stdout, result = entry.get("stdout") or "", entry["result"]
    if any(PLAN.match(line) for line in stdout.splitlines()):
        numbers = count_tap(stdout, result)
        # A plan of nothing, as of a program that skips itself.
        return numbers if any(numbers) else count_program(result)
    return count_program(result)


def main():
    try:
        with open(sys.argv[1], encoding="utf-8") as log:
            entries = [json.loads(line) for line in log]
    except FileNotFoundError:
        entries = []

    for entry in entries:
        print_skipped(entry)
    totals = [sum(column) for column in zip(*map(count, entries))] or [0, 0, 0]
    passed, failed, skipped = totals
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 0 if passed > 0 and failed == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
