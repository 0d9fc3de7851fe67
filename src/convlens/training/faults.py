"""What can go wrong in a step, before it reaches the weights."""

from __future__ import annotations

import torch


class NotFiniteError(Exception):
    """The loss or a gradient of a step is NaN or infinite; the weights are as before the step."""

    def __init__(self, what: str) -> None:
        super().__init__(f"the {what} is not finite")
        self.what = what


class DivergedError(Exception):
    """Numbers went bad again and again, last at ``step``, counted from 1.

    ``pictures`` are the indices of that step's pictures in the training part, ``returns`` how many
    times the run went back and tried again.
    """

    def __init__(self, step: int, what: str, pictures: tuple[int, ...], returns: int) -> None:
        super().__init__(f"the {what} is not finite at step {step}")
        self.step, self.what, self.pictures, self.returns = step, what, pictures, returns


class MemoryTooSmallError(Exception):
    """Not even ``pictures`` pictures at a time fit the memory."""

    def __init__(self, pictures: int) -> None:
        super().__init__(f"the memory is too small for {pictures} pictures at a time")
        self.pictures = pictures


MEMORY_ERRORS = (MemoryError, RuntimeError)
"""What torch and Python raise where memory ends; ``is_out_of_memory`` tells the others apart."""

SIGNS = ("can't allocate memory", "not enough memory", "out of memory")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether ``error`` says that the processor's or the device's memory is used up."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(sign in str(error) for sign in SIGNS)
