"""What an archive holds, gathered member by member."""

from __future__ import annotations

from convlens.data.limits import LARGEST_FILE
from convlens.data.memory import physical_memory
from convlens.data.names import is_hidden, may_be_picture, printable
from convlens.data.pictures import Skipped
from convlens.data.places import Place
from convlens.data.sources.files import Files, is_data, is_table
from convlens.data.sources.tree import Entry
from convlens.errors import DataError

Path = tuple[str, ...]


class Contents:
    """The members of an archive that may be pictures, its folders, and what was left out."""

    def __init__(self) -> None:
        self.entries: dict[Path, Entry] = {}
        self.tables: dict[Path, Place] = {}
        self.data: dict[Path, Place] = {}
        self.folders: set[Path] = set()
        self.skipped: list[Skipped] = []
        self.notes: list[str] = []
        self.held = 0  # bytes of members kept in memory

    def wanted(self, name: str, size: int) -> Path | None:
        """Return the path of a member that may be a picture, a table or data, or None."""
        path = _split(name)
        if not path or any(map(is_hidden, path)):
            return None
        if not (may_be_picture(path[-1]) or is_table(path[-1]) or is_data(path[-1])):
            return None
        shown = tuple(map(printable, path))
        if size > LARGEST_FILE:
            self.skip(shown, f"too large ({size:,} bytes; at most {LARGEST_FILE:,})")
            return None
        return shown

    def inner(self, name: str) -> Path | None:
        """Return the path of an archive in the archive, None where it is hidden."""
        path = _split(name)
        hidden = not path or any(map(is_hidden, path))
        return None if hidden else tuple(map(printable, path))

    def add(self, path: Path, size: int, place: Place, stamp: int = 0) -> None:
        """Take a member in; of two with one name the later holds, as when unpacking."""
        if is_table(path[-1]):
            self.tables[path] = place
        elif is_data(path[-1]):
            self.data[path] = place
        else:
            self.entries[path] = Entry(path, size, place, stamp)

    def add_folder(self, name: str) -> None:
        """Remember a folder, which may turn out to be a class without pictures."""
        path = _split(name)
        if path and not any(map(is_hidden, path)):
            self.folders.add(tuple(map(printable, path)))

    def hold(self, path: Path, content: bytes, stamp: int = 0) -> None:
        """Keep a member in memory; raises DataError beyond a quarter of the memory."""
        self.held += len(content)
        if self.held > physical_memory() // 4:
            message = "the pictures in this compressed archive do not fit into memory"
            raise DataError(message, "unpack it, or pack it as .zip or plain .tar")
        self.add(path, len(content), content, stamp)

    def skip(self, path: Path, reason: str) -> None:
        """Leave a member out by name."""
        self.skipped.append(Skipped("/".join(path), reason))


def files_of(contents: Contents, name: str) -> Files:
    """Return what was gathered, as the files of the archive ``name``."""
    return Files(
        name,
        list(contents.entries.values()),
        list(contents.folders),
        contents.tables,
        contents.data,
        tuple(contents.skipped),
        tuple(dict.fromkeys(contents.notes)),
    )


def _split(name: str) -> list[str]:
    if "/" not in name:
        name = name.replace("\\", "/")  # written so by careless tools on Windows
    return [part for part in name.split("/") if part not in ("", ".")]
