"""Long work done a slice at a time, so that nothing else waits for it."""

from __future__ import annotations

from collections.abc import Callable, Generator
from threading import Semaphore, Thread
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from torch import nn

T = TypeVar("T")

Slices = Generator[None, None, T]
"""Work that gives way at every ``yield``, and returns what it made."""

MOMENT = 0.002
"""Seconds that waiting for another thread takes at a time."""


class _GivenUpError(BaseException):
    """Ends work that nobody wants any more, from inside."""


def sliced(network: nn.Module, work: Callable[[], T]) -> Slices[T]:
    """Do ``work``, giving way before every pass that it makes through ``network``.

    It runs in a thread of its own, which only ever runs while this generator is asked to go on:
    at no time two things happen at once.
    """
    import torch

    ours, theirs = Semaphore(0), Semaphore(0)
    given_up = False
    found: list[T] = []
    faults: list[BaseException] = []
    threads = torch.get_num_threads()

    def give_way(*_: object) -> None:
        ours.release()
        theirs.acquire()
        if given_up:
            raise _GivenUpError

    def run() -> None:
        theirs.acquire()
        try:
            if not given_up:
                torch.set_num_threads(threads)  # a thread begins with as many as it likes
                found.append(work())
        except BaseException as error:
            faults.append(error)
        ours.release()

    thread = Thread(target=run, name="slices", daemon=True)
    handle = network.register_forward_pre_hook(give_way)
    thread.start()
    try:
        while thread.is_alive() and not found and not faults:
            theirs.release()
            ours.acquire()
            if not (found or faults):
                yield
    finally:
        given_up = True
        theirs.release()
        thread.join()
        handle.remove()
    if faults:
        raise faults[0]
    return found[0]


def aside(work: Callable[[], T]) -> Slices[T]:
    """Do ``work``, which shares nothing with anybody, in a thread while all else goes on."""
    found: list[T] = []
    faults: list[BaseException] = []

    def run() -> None:
        try:
            found.append(work())
        except BaseException as error:
            faults.append(error)

    thread = Thread(target=run, name="aside", daemon=True)
    thread.start()
    while thread.is_alive():
        yield
        thread.join(MOMENT)
    if faults:
        raise faults[0]
    return found[0]
