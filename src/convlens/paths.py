"""Whether something is at a path, for paths that nobody has checked.

``pathlib`` raises for what no system takes as a name: of more than 255 bytes, with a NUL in it, or
of a user that does not exist. Here nothing is there.
"""

from __future__ import annotations

import os
from pathlib import Path


def exists(path: str | Path) -> bool:
    """Whether anything is at ``path``."""
    return os.path.exists(path)  # noqa: PTH110 - it raises for no name


def is_file(path: str | Path) -> bool:
    """Whether an ordinary file is at ``path``."""
    return os.path.isfile(path)  # noqa: PTH113


def is_dir(path: str | Path) -> bool:
    """Whether a folder is at ``path``."""
    return os.path.isdir(path)  # noqa: PTH112


def expanded(path: str | Path) -> Path:
    """``path`` with ``~`` replaced by the user's folder; as it is where there is no such user."""
    return Path(os.path.expanduser(path))  # noqa: PTH111
