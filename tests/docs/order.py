# SPDX-License-Identifier: LGPL-2.1-or-later
"""Each page ends with links to the one before it, to the one behind it, and to pages beside it.

    order.py DOCS

The order is that of content_files in libcproc.toml.in.
"""

import os
import re
import sys

FOOTER = re.compile(r"\n---\n\n((?:Previous|Next|See also)(?:.|\n)*)\Z")
LINK = re.compile(r"(Previous|Next|See also): ((?:\[[^\]]+\]\([\w-]+\.html\)(?:, )?)+)")
TARGET = re.compile(r"\]\(([\w-]+)\.html\)")


def read(folder, name):
    with open(os.path.join(folder, name), encoding="utf-8") as file:
        return file.read()


def check(folder, page, before, behind):
    footer = FOOTER.search(read(folder, page + ".md"))
    if footer is None:
        yield f"{page}.md does not end with a rule and links"
        return
    links = {word: TARGET.findall(text) for word, text in LINK.findall(" ".join(footer[1].split()))}
    for word, other in (("Previous", before), ("Next", behind)):
        if links.get(word, []) != ([other] if other else []):
            yield f"{page}.md: “{word}” leads to {links.get(word)}, not to {other}"
    if not links.get("See also"):
        yield f"{page}.md has no “See also”"


def main():
    folder = sys.argv[1]
    content = re.search(r"content_files = \[(.*?)\]", read(folder, "libcproc.toml.in"), re.DOTALL)
    pages = re.findall(r'"([\w-]+)\.md"', content[1])
    problems = [problem for before, page, behind in zip([None, *pages], pages, [*pages[1:], None])
                for problem in check(folder, page, before, behind)]
    for problem in problems:
        print(problem)
    sys.exit(1 if problems else 0)


main()
