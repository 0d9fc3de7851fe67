"""What decoding one file takes: a clean process forks for each, so that peaks do not mix.

``python -m tests.data.measuring`` reads paths from standard input, a line each, and answers each
with a line of JSON. Only where there is ``fork``.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]

MOST_SECONDS = 2.0
"""On a processor that inflates 16 MiB in ``INFLATED_IN`` seconds; a slower one is given more."""

INFLATED_IN = 0.02
TURNS = 5
MOST_BYTES = 512 << 20
_PATIENCE = 60  # seconds of processor time after which a picture's process is ended


@dataclass(frozen=True, slots=True)
class Taken:
    """``outcome`` is "decoded", "refused: reason" or "CRASHED: how"; ``peak`` bytes resident."""

    path: str
    outcome: str
    seconds: float
    peak: int

    @property
    def held(self) -> bool:
        """Whether it ended as it should, within two seconds of processor time and 512 MB."""
        within = self.seconds <= MOST_SECONDS * slowness() and self.peak <= MOST_BYTES
        return within and not self.outcome.startswith("CRASHED")


@cache
def slowness() -> float:
    """How many times as long this processor takes, at least 1: being slow is no fault of a file."""
    packed = zlib.compress(b"".join(bytes([n & 255]) * (n % 7 + 1) for n in range(1 << 22)))
    seconds = []
    for _ in range(TURNS):
        begun = time.process_time()
        zlib.decompressobj().decompress(packed, 1 << 24)
        seconds.append(time.process_time() - begun)
    return max(1.0, min(seconds) / INFLATED_IN)


def measure(paths: Iterable[Path]) -> Iterator[Taken]:
    """Decode each file in a process of its own."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.data.measuring"],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as server:  # fmt: skip
        assert server.stdin is not None
        assert server.stdout is not None
        for path in paths:
            server.stdin.write(f"{json.dumps(str(path.absolute()))}\n")
            server.stdin.flush()
            yield Taken(**json.loads(server.stdout.readline()))


def _decoded(path: str) -> str:
    from convlens.data import decode
    from convlens.errors import DataError

    try:
        decode(Path(path), width=224, height=224, channels=3)
    except DataError as error:
        return f"refused: {error.message.partition(' cannot be read: ')[2] or error.message}"
    except BaseException as error:
        return f"CRASHED: {type(error).__name__}: {error}"
    return "decoded"


def _measured(path: str) -> dict[str, object]:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_CPU, (_PATIENCE, _PATIENCE))
        begun = time.process_time()
        outcome = _decoded(path)
        told = json.dumps([outcome, time.process_time() - begun])
        os.write(writing, told.encode()[:60_000])
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        answer = pipe.read()
    _, status, usage = os.wait4(child, 0)
    if answer:
        outcome, seconds = json.loads(answer)
    else:
        outcome, seconds = f"CRASHED: status {status}", usage.ru_utime + usage.ru_stime
    peak = usage.ru_maxrss * 1024
    return {"path": path, "outcome": outcome, "seconds": seconds, "peak": peak}


def _warm() -> None:
    import io

    from PIL import Image

    from convlens.data import decode

    for kind in ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF"):
        buffer = io.BytesIO()
        Image.new("RGB", (8, 8)).save(buffer, kind)
        if kind != "AVIF":  # its decoder starts threads, which a fork would not have
            decode(buffer.getvalue(), width=4, height=4, channels=3)


if __name__ == "__main__":
    _warm()
    for line in sys.stdin:
        print(json.dumps(_measured(json.loads(line))), flush=True)
