"""A place for a result."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from types import TracebackType
from typing import Self

from convlens.errors import OutputError
from convlens.files.forms import Form
from convlens.files.places import try_file
from convlens.files.streams import STDOUT, check_descriptor, descriptor_of, opened, pour
from convlens.files.writing import cannot_write, shown, write_atomically

ELSEWHERE = "name another file"


class Output:
    """A place for a result in one form, seen to before the work begins; a context.

    A file, or what a link leads to, is replaced whole or not at all, and only where it is empty or
    one of that form; folders that are missing are made when it is written. A pipe, the null device
    or an open descriptor is held until the end of the context, and written to. Raises OutputError
    for anything else, and where the name cannot be written or promises another format.
    """

    def __init__(self, path: str | Path, form: Form) -> None:
        self.path = as_output(path, form.example)
        self.form = form
        self._target = self.path  # what a link leads to
        self._handle: int | None = None
        self._borrowed = descriptor_of(self.path)  # opened by the shell
        if self._borrowed is not None:
            check_descriptor(self.path, self._borrowed)
            return
        mode = _mode(self.path)
        if stat.S_ISDIR(mode):
            raise _folder(self.path, "is", form.example)
        if mode and not stat.S_ISREG(mode):
            form.check_ending(self.path)
            self._handle = opened(self.path, mode)
            return
        if self.path.is_symlink():
            self._target = Path(os.path.realpath(self.path))
        self._check_ours()
        form.check_ending(self.path)
        try:
            try_file(self._target)
        except OSError as error:
            raise cannot_write(self.path, error, ELSEWHERE) from error

    @property
    def is_file(self) -> bool:
        """Whether a file is left there, which can be read again."""
        return self._borrowed is None and self._handle is None

    def write(self, content: bytes | bytearray) -> None:
        """Write the result. Raises OutputError; a file that stood there is then as it was.

        That is also where somebody else has put one there in the meantime.
        """
        if self.is_file:
            self._check_ours()
            write_atomically(self._target, content, ELSEWHERE)
            return
        handle = self._handle if self._borrowed is None else self._borrowed
        assert handle is not None
        try:
            pour(handle, content)
        except OSError as error:
            raise cannot_write(self.path, error, ELSEWHERE) from error

    def close(self) -> None:
        """Let go of a pipe: who reads from it sees its end."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _check_ours(self) -> None:
        """See that nothing of somebody else's is replaced."""
        try:
            mode = _mode(self._target)
            if not mode or (stat.S_ISREG(mode) and not self._target.stat().st_size):
                return
            replaced = stat.S_ISREG(mode) and self.form.ours(self._target)
        except OSError as error:
            raise cannot_write(self.path, error, ELSEWHERE) from error
        if not replaced:
            raise OutputError(f"{shown(self.path)} exists and is not {self.form.name}", ELSEWHERE)


def as_output(path: str | Path, example: str) -> Path:
    """``path`` as one, where it names a file, as ``example`` does. Raises OutputError.

    What ends in a separator is meant as a folder; a Path no longer shows that.
    """
    text = os.fspath(path)
    if not text:
        raise OutputError("the name to write to is empty", f"name a file: {example}")
    if "\0" in text:
        raise OutputError(f"{shown(Path(text))}: no name holds a NUL character", ELSEWHERE)
    if os.path.basename(text) in ("", os.curdir, os.pardir):  # noqa: PTH119
        raise _folder(Path(text), "names", example)
    return Path(text)


def is_stdout(path: Path) -> bool:
    """Whether ``path`` stands for the standard output, as /dev/stdout does."""
    return descriptor_of(path) == STDOUT


def is_stream(path: Path) -> bool:
    """Whether what is written to ``path`` leaves no file there."""
    if descriptor_of(path) is not None:
        return True
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def _mode(path: Path) -> int:
    """The kind of what ``path`` leads to, 0 where nothing is there yet. Raises OutputError."""
    try:
        return path.stat().st_mode
    except FileNotFoundError:
        return 0
    except (OSError, ValueError) as error:
        raise cannot_write(path, error, ELSEWHERE) from error


def _folder(path: Path, verb: str, example: str) -> OutputError:
    hint = f"name a file in it: {shown(path / example)}"
    return OutputError(f"{shown(path)} {verb} a folder", hint)
