"""One decoding process, started apart from whatever this one has loaded, and asked over pipes."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, cast

from convlens.data.canvas import Canvas
from convlens.data.places import Place
from convlens.data.preprocessing import Geometry
from convlens.data.worker import Faults

# The parent's import path goes along, as it may have been changed since it was started.
_ENTRY = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from convlens.data.worker import main; main()"
)


class Chunk(list[Place]):
    """Places of neighbouring rows, from row ``start`` on."""

    def __init__(self, start: int, places: Sequence[Place]) -> None:
        super().__init__(places)
        self.start = start


class Lost(Exception):  # noqa: N818  (it ends an answer, not the program)
    """A process ended, or answers no more."""


class Helper:
    """A process that decodes chunks onto ``canvas``; raises Lost where it cannot be started."""

    def __init__(self, geometry: Geometry, canvas: Canvas) -> None:
        self._canvas = canvas
        path = json.dumps([str(Path(entry).absolute()) for entry in sys.path])
        descriptors = () if canvas.descriptor is None else (canvas.descriptor,)
        own_group: dict[str, Any] = (
            {"creationflags": 0x00000200} if sys.platform == "win32" else {"process_group": 0}
        )
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _ENTRY, path],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                pass_fds=descriptors,
                **own_group,
            )
        except (OSError, ValueError, TypeError) as error:
            raise Lost from error
        size = (geometry.width, geometry.height, geometry.channels, geometry.fit)
        told = {"geometry": size, "tones": geometry.tones.to_json(), "rows": len(canvas.pixels)}
        self._write(told | {"descriptor": canvas.descriptor})

    def wait_ready(self) -> None:
        """Return once it can decode; raises Lost where it never will."""
        try:
            self._read()
        except Lost:
            self.stop()
            raise

    def send(self, chunk: Chunk) -> None:
        """Hand over a chunk; its answer comes by ``receive``, in the same order."""
        told = [len(place) if isinstance(place, bytes) else place for place in chunk]
        blobs = [place for place in chunk if isinstance(place, bytes)]
        self._write({"start": chunk.start, "places": told}, blobs)

    def receive(self, chunk: Chunk) -> Faults:
        """Wait until ``chunk`` lies on the canvas; return what failed."""
        answer = self._read()
        if self._canvas.descriptor is None:
            rows = self._canvas.pixels[chunk.start : chunk.start + len(chunk)]
            view = rows.reshape(-1).data
            if cast(Any, self._output).readinto(view) != len(view):
                raise Lost
        return [(row, reason) for row, reason in answer["faults"]]

    def kill(self) -> None:
        """End the process at once; whoever waits for its answer gets Lost."""
        self._process.kill()

    def stop(self) -> None:
        """End the process and take back what it held."""
        self._process.kill()
        for pipe in (self._input, self._output):
            with contextlib.suppress(OSError):
                pipe.close()
        self._process.wait()

    @property
    def _input(self) -> IO[bytes]:
        return cast(IO[bytes], self._process.stdin)

    @property
    def _output(self) -> IO[bytes]:
        return cast(IO[bytes], self._process.stdout)

    def _write(self, told: dict[str, Any], blobs: Sequence[bytes] = ()) -> None:
        try:
            self._input.write(json.dumps(told).encode() + b"\n")
            self._input.writelines(blobs)
            self._input.flush()
        except (OSError, ValueError) as error:
            raise Lost from error

    def _read(self) -> dict[str, Any]:
        try:
            line = self._output.readline()
            return cast(dict[str, Any], json.loads(line))
        except (OSError, ValueError) as error:
            raise Lost from error
