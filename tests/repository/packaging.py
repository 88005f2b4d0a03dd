# SPDX-License-Identifier: LGPL-2.1-or-later
"""What docs/packaging.md gives to copy is well formed, and speaks of what exists.

    packaging.py ROOT
"""

import json
import re
import sys

from common import read, report

PAGE = "docs/packaging.md"


def blocks(text, language):
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def check_module(root, module):
    options = set(re.findall(r"^option\('(\w+)'", read(root, "meson_options.txt"), re.MULTILINE))
    if module.get("buildsystem") != "meson" or not module.get("name"):
        yield f"{PAGE}: the Flatpak module has no name, or is not built with meson"
    for option in module.get("config-opts", []):
        match = re.fullmatch(r"-D(\w+)=\S+", option)
        if match is None or match.group(1) not in options:
            yield f"{PAGE}: there is no option {option}"
    for source in module.get("sources", []):
        if not {"type", "url"} <= set(source):
            yield f"{PAGE}: a source without type or url"
    if not module.get("sources"):
        yield f"{PAGE}: the Flatpak module has no sources"


def check_versions(root, text):
    version = re.search(r"^  version: '([\d.]+)'", read(root, "meson.build"), re.MULTILINE).group(1)
    for other in re.findall(r"\b\d+\.\d+\.\d+\b", text):
        if other != version:
            yield f"{PAGE} speaks of {other}, and this is {version}"


def main():
    [root] = sys.argv[1:]
    text = read(root, PAGE)
    problems = list(check_versions(root, text))
    modules = blocks(text, "json")
    if not modules:
        problems.append(f"{PAGE} has no Flatpak module")
    for module in modules:
        try:
            problems += check_module(root, json.loads(module))
        except ValueError as error:
            problems.append(f"{PAGE}: {error}")
    report(problems)


main()
