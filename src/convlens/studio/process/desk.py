"""Where requests are taken and answered: at once, when there is something new, or bit by bit."""

from __future__ import annotations

import sys
import time
import traceback
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import TypeVar

from convlens.errors import ConvLensError
from convlens.studio.process.blocks import Answer
from convlens.studio.process.inbox import Inbox, Request
from convlens.studio.process.outbox import Outbox
from convlens.studio.process.pace import layers_apart
from convlens.studio.process.share import Share
from convlens.studio.process.slices import Slices
from convlens.studio.process.wording import for_page
from convlens.studio.refusal import BROKEN, WRONG, RefusedError, status_of

PATIENCE = 5.0
"""Seconds after which who waits for something new is told that there is nothing."""

WATCHING, OFTEN = 0.03, 10.0
"""Share of the time of training that being watched may take, and how often a second."""

SAMPLING, WORKING = 0.015, 0.5
"""The same for samples, which nobody waits for, and for what was asked for by a click."""

TURN = 0.02
"""Seconds of one turn between two steps in which small requests are answered."""

REMEMBERED = 256
"""Of the things watched, those of which it is known what was last told."""

MOST_JOBS = 32
"""Long requests that wait at a time."""


@dataclass(frozen=True, slots=True)
class Watched:
    """A request for what changes: ``version`` is of what there is now, ``key`` names the thing.

    Answered by ``make`` when the version differs from what was told, or ``seen`` from ``step``.
    """

    request: Request
    key: Hashable
    version: Callable[[], object]
    step: Callable[[], int]
    make: Callable[[], Answer]
    until: float


@dataclass(frozen=True, slots=True)
class Job:
    """A long request, worked on for its ``share`` of the time."""

    request: Request
    work: Slices[Answer]
    share: Share


T = TypeVar("T")

Handler = Callable[[Request], Answer | Slices[Answer] | Watched]


class Desk:
    """Takes requests from ``inbox``, has them answered by ``handlers``, and minds the time."""

    def __init__(self, inbox: Inbox, outbox: Outbox) -> None:
        self.inbox, self.outbox = inbox, outbox
        self.handlers: dict[str, Handler] = {}
        self._watched: list[Watched] = []
        self._told: OrderedDict[Hashable, object] = OrderedDict()
        self._jobs: deque[Job] = deque()
        self.watching = Share(WATCHING, OFTEN)
        self.sampling = Share(SAMPLING, OFTEN)
        self.working = Share(WORKING, 1000.0)
        self._looked = 0.0  # when something watched was answered

    def serve(self, training: bool) -> None:
        """Answer what there is, while ``training`` only what the shares of the time allow."""
        self._take(training)
        if self._watched:
            self._look(training)
        if self._jobs:
            self._work(training)

    @property
    def rest(self) -> float:
        """Seconds for which there is surely nothing to do but to wait for a request."""
        return 0.0 if self._jobs else (0.02 if self._watched else 1.0)

    def give_up(self, message: str) -> None:
        """Refuse all long requests: what they are about is over."""
        while self._jobs:
            job = self._jobs.popleft()
            job.work.close()
            self.outbox.refuse(job.request.id, RefusedError(message, "ask again", passing=True))

    def _take(self, training: bool) -> None:
        end = time.monotonic() + TURN
        while (request := self.inbox.take()) is not None:
            self._begin(request)
            if training and time.monotonic() > end:
                return

    def _begin(self, request: Request) -> None:
        handler = self.handlers.get(request.do)
        if handler is None:
            unknown = RefusedError(f"there is no request `{request.do}`", None, WRONG)
            self.outbox.refuse(request.id, unknown)
            return
        found = self._tried(request, lambda: handler(request))
        match found:
            case None:
                pass
            case Answer():
                self.outbox.answer(request.id, found.document, found.blob)
            case Watched():
                self._watched.append(found)
            case _ if len(self._jobs) >= MOST_JOBS:
                much = RefusedError("there is too much to do already", "try again later")
                self.outbox.refuse(request.id, much)
            case _:
                share = self.sampling if request.do == "sample" else self.working
                self._jobs.append(Job(request, found, share))

    def _look(self, training: bool) -> None:
        """Answer who waits for something new."""
        now = time.monotonic()
        some = [one for one in self._watched if self._is_new(one)]
        if training and not (self.watching.allows and now >= self._looked + layers_apart()):
            some = [one for one in some if one.request.values.get("seen") is None]
            if not self.watching.rested:
                some = []
        for one in some:
            self._watched.remove(one)
            answer = self._tried(one.request, one.make)
            if answer is not None:
                self._remember(one)
                self.outbox.answer(one.request.id, answer.document, answer.blob)
        if some and training:
            self._looked = time.monotonic()
            self.watching.spent(self._looked - now)
        for one in [one for one in self._watched if one.until <= now]:
            self._watched.remove(one)
            self.outbox.answer(one.request.id, {"unchanged": True, "step": one.step()})

    def _is_new(self, one: Watched) -> bool:
        seen = one.request.values.get("seen")
        return seen != one.step() or self._told.get(one.key) != one.version()

    def _remember(self, one: Watched) -> None:
        self._told[one.key] = one.version()
        self._told.move_to_end(one.key)
        while len(self._told) > REMEMBERED:
            self._told.popitem(last=False)

    def _work(self, training: bool) -> None:
        """Do a slice of the first of the long requests whose turn it is."""
        for job in list(self._jobs):
            if training and not job.share.allows:
                continue
            begun = time.monotonic()
            over = self._slice(job)
            if training:
                job.share.spent(time.monotonic() - begun)
            self._jobs.remove(job)
            if not over:
                self._jobs.append(job)
            return

    def _slice(self, job: Job) -> bool:
        """Go on with a job; whether that was its end."""

        def go_on() -> Answer | bool:
            try:
                next(job.work)
            except StopIteration as end:
                answer: Answer = end.value
                return answer
            return False

        found = self._tried(job.request, go_on)
        if isinstance(found, Answer):
            self.outbox.answer(job.request.id, found.document, found.blob)
        return found is not False

    def _tried(self, request: Request, work: Callable[[], T]) -> T | None:
        """What ``work`` gives, or None where the request has been refused for what it raised."""
        try:
            return work()
        except ConvLensError as error:
            refused = RefusedError(
                for_page(error.message),
                error.hint and for_page(error.hint),
                status_of(error),
                passing=isinstance(error, RefusedError) and error.passing,
            )
        except MemoryError:
            refused = RefusedError("there is not enough memory for that")
        except Exception as error:
            traceback.print_exc(file=sys.stderr)
            refused = RefusedError(
                f"that went wrong inside the studio: {type(error).__name__}: {error}",
                "the terminal has the details; training is not touched by it",
                BROKEN,
            )
        self.outbox.refuse(request.id, refused)
        return None
