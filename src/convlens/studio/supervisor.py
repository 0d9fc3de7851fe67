"""The training process as the server sees it: started, asked, listened to, ended."""

from __future__ import annotations

import asyncio
import contextlib
import io
import itertools
import json
import signal
import sys
import traceback
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import convlens
from convlens.studio import frames
from convlens.studio.refusal import GONE, WRONG, RefusedError

Answer = tuple[dict[str, Any], bytes]
"""What came back: a document and bytes."""

HEAD = 8
"""Bytes before a frame's document."""

PATIENCE = 8.0
"""Seconds that a process has for its checkpoint before it is ended."""

TAIL = 12
"""Last lines of the process's messages that are kept, for what is said when it ends."""


def command() -> list[str]:
    """How the training process is started: modules in the folder we stand in are not its own."""
    beside = Path(convlens.__file__).parents[1] == Path.cwd()
    return [sys.executable, *([] if beside else ["-P"]), "-m", "convlens.studio.process"]


class _Waiting(NamedTuple):
    answer: asyncio.Future[Answer]
    then: Callable[[], None] | None


class Supervisor:
    """One training process. ``tell`` hears what it says unasked, ``lost`` why it ended unbidden."""

    def __init__(
        self,
        tell: Callable[[dict[str, Any]], None],
        lost: Callable[[str], None],
        arguments: Sequence[str] | None = None,
    ) -> None:
        self._tell, self._lost = tell, lost
        self._arguments = list(arguments or command())
        self._numbers = itertools.count(1)
        self._pending: dict[int, _Waiting] = {}
        self._process: asyncio.subprocess.Process | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._tail: deque[str] = deque(maxlen=TAIL)
        self._ending = False

    @property
    def alive(self) -> bool:
        """Whether there is a process to ask."""
        return self._process is not None

    @property
    def pid(self) -> int | None:
        """Its number, while it lives."""
        return None if self._process is None else self._process.pid

    async def start(self) -> None:
        """Start the process; out of reach of the terminal's Ctrl-C, which is the server's."""
        pipe = asyncio.subprocess.PIPE
        self._ending = False
        self._tail.clear()
        self._process = await asyncio.create_subprocess_exec(
            *self._arguments, stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True
        )
        self._tasks = [
            asyncio.create_task(self._read(self._process)),
            asyncio.create_task(self._pass_on(self._process)),
        ]

    async def ask(
        self, do: str, blob: bytes = b"", then: Callable[[], None] | None = None, **values: Any
    ) -> Answer:
        """Have the process do something; returns its answer.

        ``then`` is called once it is answered, before anything is heard that was told later. Raises
        RefusedError, with the process's own words where it will not, or because it has ended.
        """
        process = self._process
        if process is None:
            raise RefusedError("there is no training process", "press Start", GONE)
        assert process.stdin is not None
        number = next(self._numbers)
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._pending[number] = _Waiting(answer, then)
        try:
            with contextlib.suppress(ConnectionError):  # the reader tells of its end
                process.stdin.write(_packed({"id": number, "do": do, **values}, blob))
                await process.stdin.drain()
            return await answer
        finally:
            self._pending.pop(number, None)

    def kill(self) -> None:
        """End the process at once; what came after its last checkpoint is lost."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()

    async def end(self, patience: float = PATIENCE) -> None:
        """Let the process save and exit; end it where it does not within ``patience`` seconds."""
        process, self._ending = self._process, True
        if process is None:
            return
        assert process.stdin is not None
        with contextlib.suppress(ConnectionError, RuntimeError):
            process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), patience)
        except TimeoutError:
            self.kill()
            await process.wait()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        """Give every answer to who waits for it and tell the rest, until the stream ends."""
        assert process.stdout is not None
        fault = ""
        try:
            while True:
                self._take(*await _frame(process.stdout))
        except asyncio.IncompleteReadError:
            pass
        except (ValueError, KeyError, TypeError) as error:
            fault = f"it said what cannot be understood ({error})"
            self.kill()
        status = await process.wait()
        self._process = None
        reason = fault or self._reason(status)
        for waiting in list(self._pending.values()):
            if not waiting.answer.done():
                waiting.answer.set_exception(
                    RefusedError(f"the training process has ended: {reason}", "press Start", GONE)
                )
        if not self._ending:
            self._lost(reason)

    def _take(self, document: dict[str, Any], blob: bytes) -> None:
        if "tell" in document:
            try:
                self._tell(document)
            except (KeyError, TypeError, ValueError):  # training is worth more than its showing
                traceback.print_exc(file=sys.stderr)
            return
        waiting = self._pending.get(document["re"])
        if waiting is None or waiting.answer.done():  # nobody wants it any more
            return
        if "error" in document:
            waiting.answer.set_exception(_refusal(**document["error"]))
            return
        if waiting.then is not None:
            waiting.then()
        waiting.answer.set_result((document["ok"], blob))

    async def _pass_on(self, process: asyncio.subprocess.Process) -> None:
        """What the process writes to stderr goes to ours, the last lines kept."""
        assert process.stderr is not None
        while chunk := await process.stderr.read(1 << 16):
            text = chunk.decode(errors="replace")
            with contextlib.suppress(OSError, ValueError):
                sys.stderr.write(text)
            self._tail.extend(line for line in text.splitlines() if line.strip())

    def _reason(self, status: int) -> str:
        if status < 0:
            name = signal.Signals(-status).name if -status in set(signal.Signals) else str(-status)
            memory = "; perhaps the memory was full" if name == "SIGKILL" else ""
            return f"it was ended from outside by {name}{memory}"
        said = f": {self._tail[-1].strip()[:200]}" if self._tail else ""
        return f"it ended with status {status}{said}"


def _refusal(
    message: str, hint: str | None = None, status: int = WRONG, passing: bool = False
) -> RefusedError:
    return RefusedError(message, hint, status, passing=passing)


def _packed(document: dict[str, Any], blob: bytes) -> bytes:
    packed = io.BytesIO()
    frames.write(packed, document, blob)
    return packed.getvalue()


async def _frame(stream: asyncio.StreamReader) -> Answer:
    """The next frame. Raises IncompleteReadError at the end, ValueError where it is none."""
    head = await stream.readexactly(HEAD)
    length, size = int.from_bytes(head[:4], "little"), int.from_bytes(head[4:], "little")
    if length > frames.LARGEST_DOCUMENT or size > frames.LARGEST_BLOB:
        raise ValueError(f"a frame of {length:,} and {size:,} bytes")
    document = json.loads(await stream.readexactly(length))
    if not isinstance(document, dict):
        raise TypeError("a frame without an object")
    return document, await stream.readexactly(size)
