"""``convlens studio`` in a process of its own, to be attacked; its log is kept."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

HARDER = max(1, int(os.environ.get("CONVLENS_ATTACKS", "1")))
"""How many times as much as usual is tried."""

PATIENCE = 30.0
"""Seconds for what happens at once, unless another program has the processors."""

LIFE = 900
"""Seconds after which a server that was forgotten ends."""

MAIN = (
    "import signal, sys; sys.argv[0] = 'convlens'; "
    f"hasattr(signal, 'alarm') and signal.alarm({LIFE}); "
    "from convlens.cli.main import main; main()"
)


class Besieged:
    """A studio of the digits in ``folder``; the same port after each start."""

    def __init__(self, folder, *options):
        self.folder, self.options, self.port = folder, options, 0
        self.log = folder / "log.txt"
        self.start()

    def start(self):
        command = [sys.executable, "-c", MAIN, "studio", "--no-browser", "--port", str(self.port)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "--runs", str(self.folder / "runs"), *self.options],
                stdout=subprocess.PIPE, stderr=log, text=True, cwd=self.folder,
                env=os.environ | {"OMP_NUM_THREADS": "1"},
            )  # fmt: skip
        self.address = self.process.stdout.readline().strip()
        assert self.address, self.said()
        self.host, _, self.token = self.address.removeprefix("http://").rstrip("/").partition("/")
        self.port = int(self.host.rpartition(":")[2])

    def said(self):
        """All that it wrote to stderr."""
        return self.log.read_text(errors="replace")

    def trainer(self):
        """The number of the training process, if there is one just now."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        found = children.read_text().split()
        return int(found[0]) if found else None

    def ask(self, path, body=None, headers=None, timeout=PATIENCE):
        """Status and what came, of a GET, or of a POST where there is a body."""
        request = urllib.request.Request(self.address + path, body, headers or {})
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()

    def post(self, path, **values):
        content = {"Content-Type": "application/json"}
        return self.ask(path, json.dumps(values).encode(), content)

    def state(self):
        status, text = self.ask("api/state")
        assert status == 200, text
        return json.loads(text)

    def until(self, true, seconds=PATIENCE):
        """Wait until ``true(state)``; returns it."""
        end = time.monotonic() + seconds
        while not true(state := self.state()):
            assert time.monotonic() < end, (state, self.said())
            time.sleep(0.05)
        return state

    def raw(self, sent, timeout=PATIENCE):
        """What comes to bytes sent as they are, until the other side ends it."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=timeout) as page:
            page.sendall(sent)
            page.shutdown(socket.SHUT_WR)
            found = b""
            while chunk := page.recv(1 << 16):
                found += chunk
            return found

    def kill(self):
        self.process.kill()
        self.process.wait(PATIENCE)
        self.process.stdout.close()

    def end(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(PATIENCE)
        self.process.stdout.close()


@contextmanager
def besieged(folder, *options):
    """A studio that is ended at the end, by force if need be."""
    found = Besieged(folder, *options)
    try:
        yield found
        found.end()
    finally:
        if found.process.poll() is None:
            found.process.kill()
            found.process.wait(PATIENCE)
