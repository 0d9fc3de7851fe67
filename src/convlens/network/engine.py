"""Which device and number format a network runs on, decided by measuring rather than by name."""

from __future__ import annotations

import ctypes
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

from convlens.errors import SettingsError

LEAST_GAIN = 0.7
"""bf16 is refused where it is less than this many times as fast as fp32.

Where the processor multiplies bf16 it is 1.4 to 6 times as fast, where it is emulated a hundredth:
a limit far from both gives the same answer on a busy machine as on an idle one, and so the same
weights for the same seed.
"""

LARGEST_DEVIATION = 0.03
"""Relative to the largest value; bf16 has 8 bits, so one product is right to 2^-9 = 0.002."""

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


def choose_engine(device: DeviceName = "auto") -> Engine:
    """The fastest engine that computes rightly on ``device``.

    Raises SettingsError where CUDA is asked for and absent.
    """
    if device == "cuda" and not torch.cuda.is_available():
        raise SettingsError("there is no CUDA device here", "leave --device out, or say cpu")
    if device == "cuda" or (device == "auto" and torch.cuda.is_available()):
        supported = torch.cuda.is_bf16_supported()
        return Engine(torch.device("cuda"), torch.bfloat16 if supported else torch.float32)
    keep_freed_memory()
    return Engine(torch.device("cpu"), torch.bfloat16 if cpu_gains_by_bf16() else torch.float32)


@cache
def cpu_gains_by_bf16() -> bool:
    """Whether bf16 convolutions are both right and not emulated on this processor.

    Without avx512_bf16 or AMX they are emulated, tens to hundreds of times slower, so a processor
    that reports neither is not even asked to show its speed.
    """
    if not _reports_bf16():
        return False
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(32, 32, 16, 16, generator=generator)
    x = x.to(memory_format=torch.channels_last)
    filters = torch.randn(64, 32, 3, 3, generator=generator)
    narrow = (x.bfloat16(), filters.bfloat16())
    exact, rounded = F.conv2d(x, filters), F.conv2d(*narrow).float()
    if float((exact - rounded).abs().max()) > LARGEST_DEVIATION * float(exact.abs().max()):
        return False
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # several would wait for each other on a busy machine
    try:
        return _seconds(x, filters) > LEAST_GAIN * _seconds(*narrow)
    finally:
        torch.set_num_threads(threads)


def _reports_bf16() -> bool:
    """Whether the processor says that it multiplies bf16 in hardware."""
    ask = getattr(torch.cpu, "get_capabilities", None)
    if ask is not None:
        reported = ask()
        return any(reported.get(name) for name in ("amx_bf16", "avx512_bf16", "bf16", "sve_bf16"))
    asks = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return any(getattr(torch.cpu, ask, bool)() for ask in asks)


def _seconds(x: Tensor, filters: Tensor) -> float:
    """The quickest of a few convolutions of (B, C, H, W) with (K, C, F, F)."""
    times = []
    for _ in range(10):
        begun = time.perf_counter()
        F.conv2d(x, filters)
        times.append(time.perf_counter() - begun)
    return min(times)


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
