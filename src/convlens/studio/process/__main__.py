"""``python -m convlens.studio.process``: frames in on stdin, frames out on stdout."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from threading import Thread

from convlens.errors.surroundings import fault_behind
from convlens.studio.process.inbox import Inbox
from convlens.studio.process.outbox import Outbox

LAST_WORDS = 2.0
"""Seconds that a server has at the end to read what is still on its way to it."""


def main() -> None:
    """Serve until the end of stdin."""
    incoming, outgoing = _pipes()
    inbox = Inbox(os.fdopen(incoming, "rb", buffering=0))
    outbox = Outbox(os.fdopen(outgoing, "wb"), inbox.close)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal's is for the server
    signal.signal(signal.SIGTERM, lambda *_: inbox.close())
    inbox.start()
    outbox.start()
    Thread(target=_load_torch, name="torch", daemon=True).start()
    _loop(inbox, outbox)
    outbox.flush(LAST_WORDS)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # threads may still be reading and writing


def _pipes() -> tuple[int, int]:
    """Keep stdin and stdout for frames: whatever else reads gets nothing, or writes to stderr."""
    incoming, outgoing = os.dup(0), os.dup(1)
    with open(os.devnull, "rb") as nothing:  # noqa: PTH123
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    return incoming, outgoing


def _loop(inbox: Inbox, outbox: Outbox) -> None:
    try:
        from convlens.studio.process.loop import Loop

        loop = Loop(inbox, outbox)
    except Exception as error:
        fault = fault_behind(error)
        if fault is None:
            raise
        sys.exit(fault.message)
    loop.run()


def _load_torch() -> None:
    """Load it while pictures are being read; who needs it waits for it."""
    with suppress(Exception):  # who needs it fails too, and tells why
        import torch  # noqa: F401


if __name__ == "__main__":
    main()
