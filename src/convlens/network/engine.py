"""Which device and number format a network runs on: the same each time on the same machine."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Literal

import torch

from convlens.data.memory import free_memory, physical_memory
from convlens.errors import SettingsError
from convlens.network.trial import gains_by_bf16, shapes_of
from convlens.notation import Plan

SMALL_STEP = 100_000_000
"""Multiply-adds of a forward pass over a batch below which one thread does it."""

DeviceName = Literal["auto", "cpu", "cuda"]


@dataclass(frozen=True, slots=True)
class Engine:
    """Where and how a network computes: a device and the format of its products."""

    device: torch.device
    dtype: torch.dtype

    def products(self) -> AbstractContextManager[object]:
        """A context in which convolutions and matrix products use ``dtype``."""
        low = self.dtype != torch.float32
        return torch.autocast(self.device.type, dtype=self.dtype if low else None, enabled=low)

    def __str__(self) -> str:
        return f"{self.device.type} {str(self.dtype).removeprefix('torch.')}"


def all_bytes(device: torch.device) -> int:
    """Memory of ``device``, free or not."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[1])
    return physical_memory()


def free_bytes(device: torch.device) -> int:
    """Memory of ``device`` that could be had now."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    return free_memory()


@contextmanager
def exactly() -> Iterator[None]:
    """Convolutions of fp32 are fp32 inside, also on a GPU, which would round them to 10 bits."""
    cudnn = torch.backends.cudnn
    before, cudnn.allow_tf32 = cudnn.allow_tf32, False
    try:
        yield
    finally:
        cudnn.allow_tf32 = before


@contextmanager
def threads_for(multiply_adds: float) -> Iterator[None]:
    """As many threads inside as a step of so much work, forward, is worth.

    In small steps threads mostly wait for each other: two gain a tenth over one on an idle machine
    and lose nine tenths where another program is busy.
    """
    before = torch.get_num_threads()
    if multiply_adds < SMALL_STEP:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def choose_engine(device: DeviceName = "auto", plan: Plan | None = None) -> Engine:
    """The fastest engine that computes ``plan`` rightly on ``device``.

    On a processor that is bf16 where it multiplies bf16 in tiles and the plan's own layers are
    large enough to gain and prove right in it, and fp32 otherwise. No clock is asked. Raises
    SettingsError where CUDA is asked for and absent.
    """
    if device == "cuda" and not torch.cuda.is_available():
        raise SettingsError("there is no CUDA device here", "leave --device out, or say cpu")
    if device == "cuda" or (device == "auto" and torch.cuda.is_available()):
        supported = torch.cuda.is_bf16_supported()
        return Engine(torch.device("cuda"), torch.bfloat16 if supported else torch.float32)
    keep_freed_memory()
    narrow = plan is not None and reports_bf16() and gains_by_bf16(shapes_of(plan))
    return Engine(torch.device("cpu"), torch.bfloat16 if narrow else torch.float32)


@cache
def reports_bf16() -> bool:
    """Whether the processor says that it multiplies bf16 in tiles (AMX).

    One with avx512_bf16 alone is slower by it in training than in fp32, others emulate it, tens to
    hundreds of times slower, and torch has no fast backward pass for it on ARM.
    """
    ask = getattr(torch.cpu, "get_capabilities", None)
    if ask is not None:
        reported = ask()
        return all(reported.get(name) for name in ("amx_bf16", "amx_tile"))
    return bool(getattr(torch.cpu, "_is_amx_tile_supported", bool)())


@cache
def keep_freed_memory() -> None:
    """Let glibc keep freed memory for the next step instead of handing it back to the system.

    By default every large tensor is mapped anew and cleared page by page: 40 % of a training step
    was spent on that. Other C libraries are left alone.
    """
    if sys.platform != "linux":
        return
    try:
        mallopt = ctypes.CDLL("libc.so.6").mallopt
    except (OSError, AttributeError):
        return
    trim_threshold, mmap_threshold = -1, -3  # M_TRIM_THRESHOLD, M_MMAP_THRESHOLD of malloc.h
    mallopt(mmap_threshold, 1 << 30)
    mallopt(trim_threshold, (1 << 31) - 1)
