"""A process that decodes pictures for another one; it imports numpy and Pillow, and ends with it.

It is told once how pictures should come out. Then each line of its standard input is a chunk,
``{"start": row, "places": [...]}`` in JSON, whose places are a path, the fields of a Span, or the
length of a content that follows the line. For each it answers ``{"faults": [[row, reason], ...]}``;
the pixels go to the shared canvas, or after the line where there is none.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from dataclasses import replace
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from convlens.data.canvas import mapped
from convlens.data.decoding import decode_pixels
from convlens.data.formats import quiet
from convlens.data.limits import UnreadableError
from convlens.data.places import Place, Span
from convlens.data.preprocessing import Geometry
from convlens.data.reading import Reader
from convlens.data.tones import Tones

Faults = list[tuple[int, str]]

_HEARTBEAT = 1.0  # seconds between looks at whether the parent is alive


def decode_chunk(
    reader: Reader, places: list[Place], out: NDArray[np.uint8], start: int, geometry: Geometry
) -> Faults:
    """Decode ``places`` into the rows of ``out``, (n, bytes of a picture); return what failed.

    A row that fails stays as it was, and is told by ``start`` plus its place in the chunk.
    """
    faults: Faults = []
    rows = out.reshape(-1).data
    size = out.shape[1]
    for number, place in enumerate(places):
        try:
            pixels = decode_pixels(reader.read(place), geometry)
        except UnreadableError as error:
            faults.append((start + number, str(error)))
        else:
            rows[number * size : (number + 1) * size] = pixels
    return faults


def main() -> None:
    """Serve chunks until standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches every process of a terminal
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # nothing that prints may get between the answers
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    try:
        _serve(requests, answers)
    except BrokenPipeError:
        os._exit(1)


def _serve(requests: IO[bytes], answers: IO[bytes]) -> None:
    told: dict[str, Any] = json.loads(requests.readline())
    geometry = replace(Geometry(*told["geometry"]), tones=Tones(**told["tones"]))
    size = geometry.width * geometry.height * geometry.channels
    canvas = None
    if told["descriptor"] is not None:
        canvas = mapped(told["descriptor"], told["rows"] * size).reshape(-1, size)
    _answer(answers, {"ready": True})
    with Reader() as reader, quiet():
        for line in requests:
            chunk = json.loads(line)
            start = chunk["start"]
            places = [_place(place, requests) for place in chunk["places"]]
            if canvas is not None:
                out = canvas[start : start + len(places)]
            else:
                out = np.zeros((len(places), size), np.uint8)
            faults = decode_chunk(reader, places, out, start, geometry)
            _answer(answers, {"faults": faults}, None if canvas is not None else out)


def _place(told: str | int | list[Any], requests: IO[bytes]) -> Place:
    if isinstance(told, str):
        return told
    if isinstance(told, int):
        return requests.read(told)
    return Span(*told)


def _answer(
    answers: IO[bytes], answer: dict[str, Any], pixels: NDArray[np.uint8] | None = None
) -> None:
    answers.write(json.dumps(answer).encode() + b"\n")
    if pixels is not None:
        answers.write(pixels.reshape(-1).data)
    answers.flush()


def _end_with(parent: int) -> None:
    # The end of the input may stay unseen while other processes hold the same pipe open.
    while os.getppid() == parent:
        time.sleep(_HEARTBEAT)
    os._exit(1)
