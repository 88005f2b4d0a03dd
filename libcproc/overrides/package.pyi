# SPDX-License-Identifier: LGPL-2.1-or-later

# Installed as gi-stubs/__init__.pyi: without it, and without PyGObject's own stubs, type checkers
# would take the package gi for one that has gi.repository alone.

from typing import Any

def require_version(namespace: str, version: str) -> None: ...
def __getattr__(name: str) -> Any: ...
