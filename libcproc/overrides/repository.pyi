# SPDX-License-Identifier: LGPL-2.1-or-later

# Installed as gi-stubs/repository/__init__.pyi: without it, and without PyGObject's own stubs, type
# checkers would take Cproc for the only module of gi.repository.

from typing import Any

def __getattr__(name: str) -> Any: ...
