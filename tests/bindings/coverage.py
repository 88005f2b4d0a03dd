# SPDX-License-Identifier: LGPL-2.1-or-later
"""Everything in the GIR is used by the tests of each binding.

    coverage.py GIR

It only looks for names; that the tests check what they call is for their reviewers. The accessors
of a property and the second half of an asynchronous call are there where the other part is.
"""

import glob
import os
import re
import sys
import xml.etree.ElementTree as ElementTree

HERE = os.path.dirname(os.path.abspath(__file__))
CORE = "{http://www.gtk.org/introspection/core/1.0}"
GLIB = "{http://www.gtk.org/introspection/glib/1.0}"
LANGUAGES = {"Python": ["test_*.py", "harness.py", "worker.py"],
             "GJS": ["test-*.js", "harness.js", "worker.js"]}

# Boxed types are counted by the binding.
NOT_CALLED = {"Message.ref", "Message.unref", "ResourceUsage.free"}


def names(gir):
    """Yields what there is and the words, of which one must occur."""
    for kind in ("class", "record"):
        for owner in gir.iter(CORE + kind):
            if owner.get(GLIB + "is-gtype-struct-for"):
                continue
            for tag in ("constructor", "method", "function"):
                for item in owner.findall(CORE + tag):
                    name = item.get("shadows", item.get("name"))
                    if (item.get("introspectable") == "0"
                            or f"{owner.get('name')}.{name}" in NOT_CALLED
                            or name.endswith("_finish")
                            or item.get("shadowed-by") or item.get(GLIB + "get-property")
                            or item.get(GLIB + "set-property")):
                        continue
                    yield f"{owner.get('name')}.{name}()", [name]
            for item in owner.findall(CORE + "property"):
                name = item.get("name")
                yield f"{owner.get('name')}:{name}", [name, name.replace("-", "_")]
            for item in owner.findall(GLIB + "signal"):
                yield f"{owner.get('name')}::{item.get('name')}", [item.get("name")]
    for tag in ("enumeration", "bitfield"):
        for owner in gir.iter(CORE + tag):
            for item in owner.findall(CORE + "member"):
                name = item.get("name").upper()
                yield (f"{owner.get('name')}.{name}",
                       [f"{owner.get('name')}.{name}", f"'{name}'", f'"{name}"'])


def main():
    gir = ElementTree.parse(sys.argv[1]).getroot()
    wanted = list(names(gir))
    missing = []
    for language, patterns in LANGUAGES.items():
        text = ""
        for pattern in patterns:
            for path in sorted(glob.glob(os.path.join(HERE, pattern))):
                with open(path, encoding="utf-8") as file:
                    text += file.read()
        for what, words in wanted:
            if not any(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) for word in words):
                missing.append(f"{language}: {what}")
    print("\n".join(missing))
    sys.exit(1 if missing else 0)


main()
