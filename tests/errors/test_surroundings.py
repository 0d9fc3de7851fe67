"""What a machine lacks, told from what is a fault of ours."""

import builtins
import errno

import pytest

from convlens.errors import OutputError
from convlens.errors.surroundings import check_folder, fault_behind


def raised_from(error):
    """``error`` as the cause of another one."""
    try:
        raise RuntimeError("a library gives up") from error
    except RuntimeError as outer:
        return outer


MEMORY = [
    MemoryError(),
    ImportError("libtorch_cpu.so: failed to map segment from shared object"),
    OSError(errno.ENOMEM, "Cannot allocate memory"),
    RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"),
    RuntimeError("can't start new thread"),
]


@pytest.mark.parametrize("error", [*MEMORY, *map(raised_from, MEMORY)], ids=repr)
def test_too_little_memory_is_known_by_whatever_it_is_called(error):
    assert "not enough memory" in fault_behind(error).message


def test_too_little_memory_to_ask_how_much_there_may_be_is_told_all_the_same(monkeypatch):
    asked = builtins.__import__

    def importing(name, *more):
        if name == "resource":
            raise MemoryError
        return asked(name, *more)

    monkeypatch.setattr(builtins, "__import__", importing)
    assert "not enough memory" in fault_behind(RuntimeError("could not create a primitive")).message


def test_a_full_disk_is_told_with_its_file():
    fault = fault_behind(OSError(errno.ENOSPC, "No space left on device", "/tmp/a\x1b"))
    assert fault.message == r"no space left on device: /tmp/a\x1b"


@pytest.mark.parametrize(
    "error", [KeyError("x"), ImportError("no module"), OSError(errno.EPERM, "no"), TypeError()]
)
def test_a_fault_of_ours_is_none_of_the_machine(error):
    assert fault_behind(error) is None


def test_a_folder_that_is_gone_is_known(tmp_path, monkeypatch):
    check_folder()
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(OutputError, match="is gone"):
        check_folder()
    assert "is gone" in fault_behind(FileNotFoundError(2, "No such file or directory")).message
