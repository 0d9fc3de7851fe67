"""The real training process, driven through its pipes."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from contextlib import suppress

import numpy as np

from convlens.studio import frames

PATIENCE = 60.0


class Refused(Exception):  # noqa: N818
    def __init__(self, error):
        super().__init__(error["message"])
        self.message, self.hint, self.status = error["message"], error["hint"], error["status"]


class Process:
    """Asks, waits for answers and for what is told; keeps everything told in ``told``.

    It is forked by ``warm``, or started as the studio starts it.
    """

    def __init__(self, folder, warm=None, **variables):
        environment = {**os.environ, "OMP_NUM_THREADS": "1", **variables}
        self.errors = (folder / "stderr.txt").open("wb")
        self.child = (
            warm.start(self.errors, environment)
            if warm
            else subprocess.Popen(
                [sys.executable, "-m", "convlens.studio.process"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self.errors,
                env=environment,
            )
        )
        self.folder, self.number = folder, 0
        self.told, self.answers = [], {}
        self.sending = threading.Lock()
        self.changed, self.reading = threading.Condition(), threading.Event()
        self.reading.set()
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self):
        while self.reading.wait() and (frame := frames.read(self.child.stdout)) is not None:
            document, blob = frame
            with self.changed:
                if "re" in document:
                    self.answers[document["re"]] = (document, blob)
                else:
                    self.told.append((time.monotonic(), document))
                self.changed.notify_all()
        with self.changed:
            self.answers[None] = None
            self.changed.notify_all()

    def send(self, do, blob=b"", **values):
        with self.sending:
            self.number += 1
            frames.write(self.child.stdin, {"id": self.number, "do": do, **values}, blob)
            return self.number

    def wait(self, number, seconds=PATIENCE):
        with self.changed:
            ready = self.changed.wait_for(
                lambda: number in self.answers or None in self.answers, seconds
            )
            assert ready, f"no answer within {seconds} s; {self.complaints()}"
            assert number in self.answers, f"the process ended: {self.complaints()}"
            document, blob = self.answers.pop(number)
        if "error" in document:
            raise Refused(document["error"])
        return document["ok"], blob

    def ask(self, do, blob=b"", **values):
        return self.wait(self.send(do, blob, **values))

    def until(self, test, seconds=PATIENCE, since=0):
        """The first document told, from place ``since`` on, that ``test`` is true of."""

        def found():
            return next((one for _, one in self.told[since:] if test(one)), None)

        with self.changed:
            ok = self.changed.wait_for(lambda: found() or None in self.answers, seconds)
            assert ok, f"not told within {seconds} s; {self.complaints()}"
            assert found(), f"the process ended: {self.complaints()}"
            return found()

    def phase(self, phase, since=0):
        return self.until(lambda one: one == {"tell": "phase", "phase": phase}, since=since)

    def open(self, folder, since=None, **values):
        """Open a run; what was told as ready."""
        since = len(self.told) if since is None else since
        values = {"data": "digits", "net": None, "size": None, "seed": 0, "run": "r",
                  "resume": False, "go": False, "carry": None, "recipe": None, "epochs": None,
                  "no_cache": True, **values}  # fmt: skip
        self.ask("open", folder=str(folder), **values)
        told = self.until(lambda one: one["tell"] in ("ready", "failed"), since=since)
        assert told["tell"] == "ready", told
        return told

    def names(self, since=0):
        return [one["tell"] for _, one in self.told[since:]]

    def complaints(self):
        self.errors.flush()
        return (self.folder / "stderr.txt").read_text()[-2000:]

    def close(self):
        """End of stdin; the exit status."""
        self.reading.set()
        with suppress(BrokenPipeError):
            self.child.stdin.close()
        status = self.child.wait(PATIENCE)
        self.thread.join(5)
        self.child.stdout.close()
        self.errors.close()
        return status


def block(answer, name):
    """A block of numbers of an answer with arrays."""
    document, blob = answer
    place = document["blocks"][name]
    size = int(np.prod(place["shape"]))
    numbers = np.frombuffer(blob, "<f4", size, 4 * place["at"])
    return numbers.reshape(place["shape"])
