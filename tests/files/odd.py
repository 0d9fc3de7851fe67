"""Odd places to write to, each made in an empty folder: what becomes of them is known beforehand.

A place that takes a result gives its bytes back by ``taken``; one that refuses says why.
"""

import contextlib
import os
import select
import socket
import stat
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path

import pytest

LONGEST, LONGEST_PATH = 255, 4095  # bytes of a name and of a path on Linux


@dataclass
class Place:
    """``given`` is what the user types; ``taken`` gives the bytes that arrived."""

    given: str
    taken: object = None


def filled(ending, count):
    return "n" * (count - len(ending)) + ending


def node(path, kind, major, minor):
    try:
        os.mknod(path, kind | 0o666, os.makedev(major, minor))
    except OSError as error:
        pytest.skip(f"making devices is not allowed here: {error}")


class Reader(threading.Thread):
    """Reads a pipe to its end, from now on."""

    def __init__(self, source):
        super().__init__(daemon=True)
        if isinstance(source, Path):
            source = os.open(source, os.O_RDONLY | os.O_NONBLOCK)
        self.source, self.content = source, b""
        self.start()

    def run(self):
        waiting = select.poll()
        waiting.register(self.source, select.POLLIN)
        waiting.poll()  # until somebody has written or gone
        os.set_blocking(self.source, True)
        with open(self.source, "rb") as file:  # noqa: PTH123
            self.content = file.read()

    def taken(self):
        self.join(30)
        assert not self.is_alive(), "the end of the pipe never came"
        return self.content


# Places that take a result.


@contextlib.contextmanager
def a_file(folder, ending):
    yield Place(f"plain{ending}", (folder / f"plain{ending}").read_bytes)


@contextlib.contextmanager
def an_empty_file(folder, ending):
    (folder / f"empty{ending}").touch()
    yield Place(f"empty{ending}", (folder / f"empty{ending}").read_bytes)


@contextlib.contextmanager
def no_ending(folder, ending):
    yield Place("plain", (folder / "plain").read_bytes)


@contextlib.contextmanager
def the_longest_name(folder, ending):
    name = filled(ending, LONGEST)
    yield Place(name, (folder / name).read_bytes)


@contextlib.contextmanager
def the_longest_name_in_letters_of_two_bytes(folder, ending):
    name = "é" * ((LONGEST - len(ending)) // 2) + ending
    yield Place(name, (folder / name).read_bytes)


@contextlib.contextmanager
def folders_that_are_not_there(folder, ending):
    yield Place(f"new/newer/plain{ending}", (folder / f"new/newer/plain{ending}").read_bytes)


@contextlib.contextmanager
def a_chain_of_links(folder, ending):
    """Relative, absolute, through a linked folder, to a file that is there and empty."""
    (folder / "store").mkdir()
    (folder / "store" / f"real{ending}").touch()
    (folder / "shelf").symlink_to("store")
    (folder / "store" / f"second{ending}").symlink_to(f"real{ending}")
    (folder / f"first{ending}").symlink_to(folder / "shelf" / f"second{ending}")

    def taken():
        assert (folder / f"first{ending}").is_symlink()
        assert (folder / "store" / f"second{ending}").is_symlink()
        return (folder / "store" / f"real{ending}").read_bytes()

    yield Place(f"first{ending}", taken)


@contextlib.contextmanager
def a_dangling_link(folder, ending):
    """To a place that can be made."""
    (folder / f"link{ending}").symlink_to(f"later/real{ending}")

    def taken():
        assert (folder / f"link{ending}").is_symlink()
        return (folder / "later" / f"real{ending}").read_bytes()

    yield Place(f"link{ending}", taken)


@contextlib.contextmanager
def the_null_device(folder, ending):
    """A copy, so that a mistake costs nobody the machine's own."""
    path = folder / "null"
    node(path, stat.S_IFCHR, 1, 3)
    if not os.access(path, os.W_OK):
        pytest.skip("devices are not opened here")

    def taken():
        assert stat.S_ISCHR(path.lstat().st_mode)

    yield Place("null", taken)


@contextlib.contextmanager
def a_link_to_the_null_device(folder, ending):
    with the_null_device(folder, ending) as place:
        (folder / f"link{ending}").symlink_to("null")
        yield Place(f"link{ending}", place.taken)


@contextlib.contextmanager
def a_pipe_with_a_reader(folder, ending):
    path = folder / f"pipe{ending}"
    os.mkfifo(path)
    reader = Reader(path)
    yield Place(path.name, reader.taken)
    assert stat.S_ISFIFO(path.lstat().st_mode)


@contextlib.contextmanager
def what_the_shell_opened(folder, ending):
    """As ``>(command)`` gives it."""
    source, sink = os.pipe()
    reader = Reader(source)

    def taken():
        os.close(sink)
        return reader.taken()

    yield Place(f"/dev/fd/{sink}", taken)


@contextlib.contextmanager
def the_end_of_an_open_file(folder, ending):
    """As ``3>>file`` gives it: what is there already stays."""
    path = folder / "log"
    path.write_bytes(b"before")
    handle = os.open(path, os.O_WRONLY | os.O_APPEND)

    def taken():
        os.close(handle)
        content = path.read_bytes()
        assert content.startswith(b"before")
        return content.removeprefix(b"before")

    yield Place(f"/dev/fd/{handle}", taken)


TAKEN = [
    a_file,
    an_empty_file,
    no_ending,
    the_longest_name,
    the_longest_name_in_letters_of_two_bytes,
    folders_that_are_not_there,
    a_chain_of_links,
    a_dangling_link,
    the_null_device,
    a_link_to_the_null_device,
    a_pipe_with_a_reader,
    what_the_shell_opened,
    the_end_of_an_open_file,
]


# Places that refuse, with a part of what is said.


def nothing(folder, ending):
    return "", "the name to write to is empty"


def dot(folder, ending):
    return ".", ". names a folder"


def above(folder, ending):
    return "..", ".. names a folder"


def slash(folder, ending):
    return "new/", "new names a folder"


def a_folder(folder, ending):
    (folder / "there").mkdir()
    return "there", "there is a folder"


def a_link_to_a_folder(folder, ending):
    (folder / "there").mkdir()
    (folder / f"link{ending}").symlink_to("there")
    return f"link{ending}", "is a folder"


def through_a_file(folder, ending):
    (folder / "file").write_text("mine")
    return f"file/plain{ending}", "not a directory"


def through_a_file_that_is_linked(folder, ending):
    (folder / "file").write_text("mine")
    (folder / "link").symlink_to(f"file/plain{ending}")
    return "link", "not a directory"


def too_long_a_name(folder, ending):
    return filled(ending, LONGEST + 1), "file name too long"


def too_long_a_name_behind_a_link(folder, ending):
    (folder / f"link{ending}").symlink_to(filled(ending, LONGEST + 1))
    return f"link{ending}", "file name too long"


def too_long_a_path(folder, ending):
    return str(folder / ("d" * 200 + "/") / ("d/" * 2000) / f"plain{ending}"), "file name too long"


def hardly_too_long_a_path(folder, ending):
    """One that the system takes, but not with the longer name beside it that comes first."""
    room = LONGEST_PATH - len(os.fsencode(folder)) - len(f"//n{ending}") + 1
    whole = room // 100 - 1
    deep = f"{'d' * 99}/" * whole + "d" * (room - 100 * whole - 1)
    path = f"{folder}/{deep}/n{ending}"
    assert len(os.fsencode(path)) == LONGEST_PATH
    return path, "file name too long"


def a_loop(folder, ending):
    (folder / "one").symlink_to("other")
    (folder / "other").symlink_to("one")
    return "one", "too many levels of symbolic links"


def a_pipe_without_a_reader(folder, ending):
    os.mkfifo(folder / f"pipe{ending}")
    return f"pipe{ending}", "nobody reads from the pipe"


def a_socket(folder, ending):
    with contextlib.chdir(folder), socket.socket(socket.AF_UNIX) as one:
        one.bind("socket")  # a name that outlives it
    return "socket", "socket is a socket"


def a_device(folder, ending):
    node(folder / "zero", stat.S_IFCHR, 1, 5)
    return "zero", "zero is a device"


def a_block_device(folder, ending):
    node(folder / "disk", stat.S_IFBLK, 7, 0)
    return "disk", "disk is a block device"


def what_is_not_open(folder, ending):
    return "/dev/fd/987", "/dev/fd/987 is not open"


def where_messages_go(folder, ending):
    return "/dev/stderr", "is where progress and messages go"


def a_file_of_mine(folder, ending):
    (folder / f"mine{ending}").write_text("mine")
    return f"mine{ending}", "exists and is not"


def a_file_of_mine_behind_a_link(folder, ending):
    (folder / "store").mkdir()
    (folder / "store" / "mine").write_text("mine")
    (folder / f"link{ending}").symlink_to("store/mine")
    return f"link{ending}", "exists and is not"


def the_wrong_ending(folder, ending):
    return "best.onnx", "not ONNX (.onnx)"


REFUSED = [
    nothing,
    dot,
    above,
    slash,
    a_folder,
    a_link_to_a_folder,
    through_a_file,
    through_a_file_that_is_linked,
    too_long_a_name,
    too_long_a_name_behind_a_link,
    too_long_a_path,
    hardly_too_long_a_path,
    a_loop,
    a_pipe_without_a_reader,
    a_socket,
    a_device,
    a_block_device,
    what_is_not_open,
    where_messages_go,
    a_file_of_mine,
    a_file_of_mine_behind_a_link,
    the_wrong_ending,
]


def everything_in(folder):
    """Every name in ``folder`` with its kind, links' targets, and the content of files."""
    found = {}
    for path in sorted(Path(folder).rglob("*")):
        status = path.lstat()
        content = None
        if path.is_symlink():
            content = os.readlink(path)  # noqa: PTH115
        elif stat.S_ISREG(status.st_mode):
            content = path.read_bytes()
        found[str(path.relative_to(folder))] = (stat.S_IFMT(status.st_mode), content)
    return found


@contextlib.contextmanager
def disk(path, *options):
    """A file system of its own at ``path``, mounted so, where we may mount."""
    path.mkdir(exist_ok=True)
    mounted("mount", "-t", "tmpfs", "-o", ",".join(("size=600k", *options)), "tmpfs", str(path))
    try:
        yield path
    finally:
        subprocess.run(["umount", "-l", str(path)], check=True)


def mounted(*command):
    try:
        subprocess.run(command, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("mounting is not allowed here")
