"""Writing results whole or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from convlens.errors import OutputError


def check_output(path: Path, ours: Callable[[Path], bool], kind: str) -> None:
    """See before the work that ``path`` can be written, over nothing of the user's.

    A file that is there already may be replaced where ``ours`` says that it is one of our making,
    called ``kind``. Raises OutputError.
    """
    if path.is_file() and path.stat().st_size > 0 and not ours(path):
        raise OutputError(f"{path} exists and is not {kind}", "name another file")
    check_writable(path)


def check_writable(path: Path) -> None:
    """See now, before the work, that ``path`` can be written later.

    Raises OutputError where its folder cannot be made or written to, or ``path`` is a folder.
    """
    if path.is_dir():
        raise OutputError(f"{path} is a folder", f"name a file in it: {path / 'model.safetensors'}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path.parent):
            pass
        if path.exists() and not os.access(path, os.W_OK):
            raise PermissionError(13, os.strerror(13))
    except OSError as error:
        raise cannot_write(path, error) from error


OUT_HINT = "say where with --out FILE"


def write_atomically(
    path: Path, content: bytes | bytearray, hint: str | None = OUT_HINT, mode: int = 0o666
) -> None:
    """Replace ``path`` by ``content``: a reader sees the old file or the new one, never a part.

    The bytes are on the disk before the name is moved to them. ``mode`` are the permissions, less
    those that the process takes away. Raises OutputError where that fails; what stood at ``path``
    is then as it was.
    """
    scratch: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            dir=path.parent, prefix=f".{path.name}.", delete=False
        ) as file:
            scratch = Path(file.name)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        scratch.chmod(mode & ~_umask())
        scratch.replace(path)
        _flush_folder(path.parent)
    except OSError as error:
        raise cannot_write(path, error, hint) from error
    finally:
        if scratch is not None:
            with contextlib.suppress(OSError):
                scratch.unlink(missing_ok=True)


def cannot_write(path: Path, error: OSError, hint: str | None = OUT_HINT) -> OutputError:
    """What ``error`` means to the user."""
    reason = (error.strerror or str(error)).lower()
    return OutputError(f"cannot write {path}: {reason}", hint)


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
