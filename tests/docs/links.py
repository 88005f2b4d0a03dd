# SPDX-License-Identifier: LGPL-2.1-or-later
"""Checks the pages that were built: every link in them leads somewhere, every picture is there and
has words, and nothing of Markdown was left as it was.

    links.py FOLDER

Links to other places are not followed, so that it needs no network; but they are links. TAP comes
out, a line for each page.
"""

import html.parser
import os
import re
import sys
import urllib.parse

# What a fence, a link of gi-docgen or one of Markdown looks like where it was not understood.
LEFTOVERS = re.compile(r"```|\]\(|\[(callback|class|const|ctor|enum|error|flags|func|iface|method|"
                       r"property|signal|struct|type|vfunc)@")


class Page(html.parser.HTMLParser):
    """The links, the anchors and the faults of a page."""

    def __init__(self, path):
        super().__init__()
        self.anchors = set()
        self.links = []
        self.namespaces = set()  # whose pages site.js finds
        self.faults = []
        self.verbatim = 0
        with open(path, encoding="utf-8") as file:
            self.feed(file.read())

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if "id" in attrs:
            if attrs["id"] in self.anchors:
                self.faults.append(f"two elements are called {attrs['id']}")
            self.anchors.add(attrs["id"])
        if tag == "a" and "name" in attrs:
            self.anchors.add(attrs["name"])
        if "data-namespace" in attrs:
            self.namespaces.add(attrs["data-namespace"])
        else:
            self.links += [attrs[name] for name in ("href", "src", "srcset") if attrs.get(name)]
        if tag == "img" and not attrs.get("alt"):
            self.faults.append(f"the picture {attrs.get('src')} has no words")
        if tag in ("pre", "code", "script", "style"):
            self.verbatim += 1

    def handle_endtag(self, tag):
        if tag in ("pre", "code", "script", "style"):
            self.verbatim -= 1

    def handle_data(self, data):
        leftover = LEFTOVERS.search(data)
        if leftover and self.verbatim == 0:
            self.faults.append(f"“{data.strip()[:60]}” is still Markdown")


def check_link(link, name, folder, pages):
    """Returns what is wrong with it, or None."""
    parts = urllib.parse.urlsplit(link)
    if parts.scheme in ("http", "https"):
        return None if "." in parts.netloc else f"{link} is no address"
    if parts.scheme:
        return None if parts.scheme in ("data", "mailto") else f"{link} is of an unknown kind"
    target = os.path.normpath(urllib.parse.unquote(parts.path)) if parts.path else name
    if not os.path.exists(os.path.join(folder, target)):
        return f"{link} leads nowhere"
    if parts.fragment and target in pages:
        if urllib.parse.unquote(parts.fragment) not in pages[target].anchors:
            return f"{target} has no {parts.fragment}"
    return None


def main():
    folder = sys.argv[1]
    with open(os.path.join(folder, "site.js"), encoding="utf-8") as file:
        mapped = set(re.findall(r"\['(\w+)', 'https://", file.read()))
    names = sorted(name for name in os.listdir(folder) if name.endswith(".html"))
    pages = {name: Page(os.path.join(folder, name)) for name in names}

    print(f"1..{len(pages)}")
    for number, (name, page) in enumerate(pages.items(), 1):
        found = (check_link(link, name, folder, pages) for link in page.links)
        faults = page.faults + [fault for fault in found if fault]
        faults += [f"nobody knows where {it} is" for it in sorted(page.namespaces - mapped)]
        print(f"{'not ok' if faults else 'ok'} {number} - {name}")
        for fault in faults:
            print(f"# {fault}")
    if not pages:
        print("Bail out! There are no pages")


main()
