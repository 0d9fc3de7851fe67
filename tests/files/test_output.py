"""Places for results: what is written to, what is refused, and that nothing else changes."""

import contextlib
import os
import stat
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

from convlens.errors import OutputError
from convlens.files import Form, Output, fitting_name, free_path, is_stream
from tests.files import odd

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="kinds of files as Linux has them")

CONTENT = bytes(range(256)) * 2000  # more than a pipe holds


def ours(path):
    return path.read_bytes().startswith(CONTENT[:9])


FORM = Form("one of ours", "a file for tests", "ours.test", ours)


def by_name(function):
    return function.__name__.replace("_", " ")


@pytest.mark.parametrize("kind", odd.TAKEN, ids=by_name)
def test_what_can_be_written_to_is(kind, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with kind(tmp_path, ".test") as place:
        before = odd.everything_in(tmp_path)
        with Output(place.given, FORM) as output:
            assert odd.everything_in(tmp_path) == before
            output.write(CONTENT)
        assert place.taken() in (CONTENT, None)
    assert not list(tmp_path.rglob(".*"))


@pytest.mark.parametrize("kind", odd.REFUSED, ids=by_name)
def test_all_else_is_refused_in_a_line_before_the_work(kind, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    given, said = kind(tmp_path, ".test")
    before = odd.everything_in(tmp_path)
    with pytest.raises(OutputError) as caught:
        Output(given, FORM)
    assert said in caught.value.message
    assert "\n" not in caught.value.message
    assert len(caught.value.message) < 400
    assert caught.value.hint
    assert odd.everything_in(tmp_path) == before


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("a\0b", "NUL"),
        ("a\ud800b", "cannot write"),
        ("no\nsuch/../\x1b[2Jfile/", r"no\nsuch/../\x1b[2Jfile names a folder"),
    ],
)
def test_names_that_no_shell_gives(given, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OutputError) as caught:
        Output(given, FORM)
    assert said in caught.value.message
    assert caught.value.message.isprintable()


def test_folders_may_be_as_deep_as_the_system_takes_them(tmp_path):
    """Deeper than Python's functions may call themselves."""
    path = tmp_path / ("d/" * 250) / "plain"
    usual = sys.getrecursionlimit()
    sys.setrecursionlimit(200)  # the depth of the usual one takes seconds to make
    try:
        with Output(path, FORM) as output:
            assert not list(tmp_path.iterdir())
            output.write(CONTENT)
    finally:
        sys.setrecursionlimit(usual)
    assert path.read_bytes() == CONTENT
    subprocess.run(["rm", "-r", str(tmp_path / "d")], check=True)  # pytest's own cannot


@contextlib.contextmanager
def as_nobody():
    """As a user who may do nothing here; root becomes one for a while."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def open_folder():
    """One that every user may look into, as pytest's own is not."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
        folder.chmod(0o755)


def test_no_permission(open_folder):
    ours = open_folder / "ours"
    ours.write_bytes(CONTENT)
    ours.chmod(0o444)
    hidden = open_folder / "hidden"
    hidden.mkdir(mode=0o600)
    open_folder.chmod(0o555)
    with as_nobody():
        for path in (open_folder / "new", open_folder / "new/newer", ours, hidden / "new"):
            with pytest.raises(OutputError, match="permission denied"):
                Output(path, FORM)
    open_folder.chmod(0o777)
    with as_nobody(), pytest.raises(OutputError, match="permission denied"):
        Output(ours, FORM)
    (open_folder / "unread").write_bytes(CONTENT)
    (open_folder / "unread").chmod(0o200)
    with as_nobody(), pytest.raises(OutputError, match="permission denied"):
        Output(open_folder / "unread", FORM)


def test_a_disk_that_takes_nothing(tmp_path):
    with odd.disk(tmp_path / "disk") as disk:
        (disk / "ours").write_bytes(CONTENT)
        odd.mounted("mount", "-o", "remount,ro", str(disk))
        for name in ("ours", "new", "new/newer"):
            with pytest.raises(OutputError, match="read-only file system"):
                Output(disk / name, FORM)


def test_a_file_that_is_mounted_by_itself_cannot_be_replaced_whole(tmp_path):
    source, path = tmp_path / "source", tmp_path / "mounted here"
    for one in (source, path):
        one.write_bytes(CONTENT)
    odd.mounted("mount", "--bind", str(source), str(path))
    try:
        with pytest.raises(OutputError, match="mounted by itself; mount its folder"):
            Output(path, FORM)
        Output(source, FORM)
    finally:
        subprocess.run(["umount", str(path)], check=True)


def test_what_comes_to_stand_there_in_the_meantime_stays(tmp_path):
    with Output(tmp_path / "one", FORM) as output:
        (tmp_path / "one").write_text("mine")
        with pytest.raises(OutputError, match="exists and is not one of ours"):
            output.write(CONTENT)
    assert (tmp_path / "one").read_text() == "mine"
    with Output(tmp_path / "other", FORM) as output:
        os.mkfifo(tmp_path / "other")
        with pytest.raises(OutputError, match="exists and is not one of ours"):
            output.write(CONTENT)
    assert stat.S_ISFIFO((tmp_path / "other").stat().st_mode)


def test_a_disk_that_fills_up_leaves_what_was_there(tmp_path):
    with odd.disk(tmp_path / "disk") as disk:
        (disk / "ours").write_bytes(CONTENT[:10])
        output = Output(disk / "ours", FORM)
        with pytest.raises(OutputError, match="no space left"):
            output.write(CONTENT * 2)
        assert [path.name for path in disk.iterdir()] == ["ours"]
        assert (disk / "ours").read_bytes() == CONTENT[:10]


def test_a_reader_waits_from_before_the_work_and_may_go_away(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = odd.Reader(path)
    with Output(path, FORM):
        time.sleep(0.05)
        assert reader.is_alive()
    assert reader.taken() == b""  # the work failed: the pipe ends
    handles = []
    opening = threading.Thread(target=lambda: handles.append(os.open(path, os.O_RDONLY)))
    opening.start()
    while not is_written_to(path):
        time.sleep(0.01)
    with Output(path, FORM) as output:
        opening.join()
        os.close(handles[0])
        with pytest.raises(OutputError, match=r"cannot write .*: broken pipe"):
            output.write(CONTENT)


def is_written_to(path):
    """Whether somebody waits to read from the pipe."""
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
    except OSError:
        return False
    return True


def test_a_terminal_is_spared(tmp_path):
    main, side = os.openpty()
    try:
        with pytest.raises(OutputError, match="is a terminal"):
            Output(f"/dev/fd/{side}", FORM)
        with pytest.raises(OutputError, match="is a device"):
            Output(os.ttyname(side), FORM)
    finally:
        os.close(main)
        os.close(side)
    (tmp_path / "read").touch()
    reading = pytest.raises(OutputError, match="open for reading only")
    with (tmp_path / "read").open() as file, reading:
        Output(f"/dev/fd/{file.fileno()}", FORM)


def test_what_leaves_no_file_is_known(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("pipe")
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to("loop")
    streams = (tmp_path / "pipe", tmp_path / "link", Path("/dev/stdout"), Path(os.devnull))
    assert all(map(is_stream, streams))
    files = (tmp_path / "file", tmp_path / "new", tmp_path, tmp_path / "loop", Path("/dev/shm"))
    assert not any(map(is_stream, files))


def test_names_of_our_choice_fit(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert fitting_name("name", ".end") == "name.end"
    for letter in "né☃🙂":
        name = fitting_name(letter * 300, "-2.end")
        assert name.endswith(f"{letter}-2.end")
        (tmp_path / name).touch()
        assert odd.LONGEST - 4 < len(os.fsencode(name)) <= odd.LONGEST
    assert fitting_name("name", "e" * 999) == "e" * 255
    (tmp_path / "one.end").symlink_to("nowhere")
    (tmp_path / "one-2.end").mkdir()
    assert free_path("one", ".end") == Path("one-3.end")
    assert free_path("one", ".end", lambda path: "3" in path.name) == Path("one-4.end")
