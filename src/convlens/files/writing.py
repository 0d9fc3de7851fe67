"""Replacing a file whole or not at all."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from pathlib import Path

from convlens.errors import OutputError

SCRATCH = ".convlens-"
"""Beginning of the names that files have until they are whole: short, so that a file's own name may
be as long as the file system allows."""

OUT_HINT = "say where with --out FILE"

MOST_SHOWN = 240
"""Characters of a path in a message; of a longer one the middle is left out."""


def write_atomically(
    path: Path, content: bytes | bytearray, hint: str | None = OUT_HINT, mode: int = 0o666
) -> None:
    """Replace ``path`` by ``content``: a reader sees the old file or the new one, never a part.

    The bytes are on the disk before the name is moved to them. A file that stood there keeps its
    permissions; a new one has ``mode``, less what the process takes away. Raises OutputError where
    that fails; what stood at ``path`` is then as it was.
    """
    scratch: Path | None = None
    try:
        make_folder(path.parent)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=SCRATCH, delete=False) as file:
            scratch = Path(file.name)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        scratch.chmod(_kept_mode(path) or mode & ~_umask())
        scratch.replace(path)
        _flush_folder(path.parent)
    except OSError as error:
        raise cannot_write(path, error, hint) from error
    finally:
        if scratch is not None:
            with contextlib.suppress(OSError):
                scratch.unlink(missing_ok=True)


def make_folder(folder: Path) -> None:
    """Make ``folder`` and all above it that are missing. Raises OSError.

    ``Path.mkdir`` calls itself for each level, and Python has less room for that than paths have.
    """
    for place in reversed(missing_folders(folder)):
        place.mkdir(exist_ok=True)
    folder.mkdir(exist_ok=True)


def missing_folders(folder: Path) -> list[Path]:
    """Those of ``folder`` and all above it that are not there, the deepest first."""
    missing = []
    while not os.path.lexists(folder):
        missing.append(folder)
        folder = folder.parent
    return missing


def existing_folder(folder: Path) -> Path:
    """``folder``, or the nearest above it that is there."""
    missing = missing_folders(folder)
    return missing[-1].parent if missing else folder


def cannot_write(
    path: Path, error: OSError | ValueError, hint: str | None = OUT_HINT
) -> OutputError:
    """What ``error`` means to the user: of a ValueError, that no name can be like that."""
    reason = (getattr(error, "strerror", None) or str(error)).lower()
    return OutputError(f"cannot write {shown(path)}: {reason}", hint)


def shown(path: Path) -> str:
    """``path`` in one line that no terminal is steered by, of a long one the two ends."""
    text = "".join(c if c.isprintable() else _escaped(c) for c in str(path))
    if len(text) <= MOST_SHOWN:
        return text
    return f"{text[: MOST_SHOWN // 2]}…{text[-MOST_SHOWN // 2 :]}"


def _escaped(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")


def _kept_mode(path: Path) -> int:
    """The permissions of the file at ``path``, 0 where there is none."""
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return 0


def _umask() -> int:
    """What the process takes away from the permissions of new files."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _flush_folder(folder: Path) -> None:
    """Have the folder's new entry on the disk too, where the system can do that."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
