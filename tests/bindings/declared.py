# SPDX-License-Identifier: LGPL-2.1-or-later
"""Everything in the GIR is declared in the types for TypeScript.

    declared.py GIR TYPES
"""

import re
import sys
import xml.etree.ElementTree as ElementTree

CORE = "{http://www.gtk.org/introspection/core/1.0}"
GLIB = "{http://www.gtk.org/introspection/glib/1.0}"


def blocks(text):
    """Maps each class, interface and enum to its body."""
    found = {}
    for match in re.finditer(r"^    (?:class|interface|enum) (\w+)[^{]*?(?<!Both<)\{", text, re.M):
        depth, end = 1, match.end()
        while depth > 0:
            depth += {"{": 1, "}": -1}.get(text[end], 0)
            end += 1
        found[match.group(1)] = found.get(match.group(1), "") + text[match.end():end]
    return found


def declared(name, body):
    return re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", body) is not None


def owner_names(owner):
    """Yields each name of a class with the blocks where it may be declared."""
    name = owner.get("name")
    for tag in ("constructor", "method", "function"):
        for item in owner.findall(CORE + tag):
            # Another one may have its name.
            if item.get("shadowed-by") is None and item.get("introspectable") != "0":
                yield item.get("shadows", item.get("name")), [name, "Sender"]
    for item in owner.findall(CORE + "virtual-method"):
        if item.get("invoker") is None:
            yield "vfunc_" + item.get("name"), [name]
    for item in owner.findall(CORE + "property"):
        yield item.get("name").replace("-", "_"), [name + "Properties"]
    for item in owner.findall(GLIB + "signal"):
        yield item.get("name"), [name + "Signals", "ChannelSignals"]


def missing(gir, text):
    bodies = blocks(text)
    # The details of some signals are added to their names.
    bodies["ChildSignals"] += " ".join(re.findall(r"Detailed<'([\w-]+)'", text))

    for kind in ("class", "record"):
        for owner in gir.iter(CORE + kind):
            if owner.get(GLIB + "is-gtype-struct-for"):
                continue
            for name, places in owner_names(owner):
                if not any(declared(name, bodies.get(place, "")) for place in places):
                    yield f"{owner.get('name')}: {name}"
    for tag in ("enumeration", "bitfield"):
        for owner in gir.iter(CORE + tag):
            for item in owner.findall(CORE + "member"):
                if not declared(item.get("name").upper(), bodies.get(owner.get("name"), "")):
                    yield f"{owner.get('name')}: {item.get('name')}"
    [namespace] = gir.iter(CORE + "namespace")
    for tag in ("function", "constant"):
        for item in namespace.findall(CORE + tag):
            if item.get("moved-to") is None and not declared(item.get("name"), text):
                yield item.get("name")


def main():
    gir_path, types_path = sys.argv[1:]
    with open(types_path, encoding="utf-8") as file:
        text = file.read()
    lost = list(missing(ElementTree.parse(gir_path).getroot(), text))
    print("\n".join(lost))
    sys.exit(1 if lost else 0)


main()
