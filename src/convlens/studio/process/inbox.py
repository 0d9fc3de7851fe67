"""What the server asks, as it comes in."""

from __future__ import annotations

import sys
from collections import deque
from dataclasses import dataclass, field
from threading import Condition, Thread
from typing import Any, BinaryIO

from convlens.errors import SettingsError
from convlens.studio import frames


@dataclass(frozen=True, slots=True, eq=False)
class Request:
    """One request: its number, what it asks to do, its values and its blob."""

    id: int
    do: str
    values: dict[str, Any] = field(default_factory=dict)
    blob: bytes = b""

    def whole(self, name: str, default: int | None = None, low: int = 0) -> int:
        """The whole number called ``name``. Raises SettingsError for anything else."""
        value = self.values.get(name)
        value = default if value is None else value
        if not isinstance(value, int) or isinstance(value, bool) or value < low:
            raise SettingsError(f"{name} is {value!r}", f"give a whole number of {low} or more")
        return value

    def text(self, name: str) -> str:
        """The text called ``name``. Raises SettingsError where there is none."""
        value = self.values.get(name)
        if not isinstance(value, str):
            raise SettingsError(f"{name} is {value!r}", "give a text")
        return value


class Inbox:
    """Requests in the order in which they came, read by a thread of its own."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._waiting: deque[Request] = deque()
        self._changed = Condition()
        self._closed = False

    def start(self) -> None:
        """Begin to read."""
        Thread(target=self._read, name="inbox", daemon=True).start()

    @property
    def closed(self) -> bool:
        """Whether nothing more will come: the process is to end."""
        return self._closed

    def close(self) -> None:
        """Let the process end as if the server had gone. Safe within a signal's handler."""
        self._closed = True

    def take(self) -> Request | None:
        """The next request, or None where there is none yet."""
        return self._waiting.popleft() if self._waiting else None

    def wait(self, seconds: float) -> None:
        """Until there is a request, or the end, or so much time has passed."""
        with self._changed:
            if not (self._waiting or self._closed):
                self._changed.wait(seconds)

    def _read(self) -> None:
        try:
            while (frame := frames.read(self._stream)) is not None:
                self._add(_request(frame))
        except (OSError, ValueError) as error:
            print(f"the server cannot be understood: {error}", file=sys.stderr)
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _add(self, request: Request) -> None:
        with self._changed:
            self._waiting.append(request)
            self._changed.notify_all()


def _request(frame: frames.Frame) -> Request:
    values = dict(frame.document)
    number, do = values.pop("id"), values.pop("do")
    return Request(int(number), str(do), values, frame.blob)
