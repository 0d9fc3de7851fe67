"""Training processes forked from one that has imported everything, which takes most of a start.

A child runs what ``python -m convlens.studio.process`` runs, with pipes and variables of its own.
"""

import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import warnings
from contextlib import suppress

IMPORTED = ("sklearn.datasets", "torch._dynamo", "convlens.audit", "convlens.pipeline.making",
            "convlens.studio.process.loop", "convlens.training.loop")  # fmt: skip
MOST = 1 << 20  # bytes of a message


class Warm:
    """Forks one after another; ``start`` is as ``subprocess.Popen`` with three pipes."""

    def __init__(self):
        self.ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.process = subprocess.Popen(
            [sys.executable, __file__, str(theirs.fileno())], pass_fds=[theirs.fileno()],
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )  # fmt: skip
        theirs.close()

    def start(self, errors, variables):
        return Child(self.ours, errors, variables)

    def close(self):
        self.ours.close()
        self.process.wait(20)


class Child:
    def __init__(self, server, errors, variables):
        reading, stdin = os.pipe()
        stdout, writing = os.pipe()
        told, telling = os.pipe()
        given = [reading, writing, errors.fileno(), telling]
        socket.send_fds(server, [json.dumps(dict(variables)).encode()], given)
        for one in (reading, writing, telling):
            os.close(one)
        self.stdin, self.stdout = os.fdopen(stdin, "wb"), os.fdopen(stdout, "rb")
        self._told = os.fdopen(told, "r")
        self.pid, self._status = int(self._told.readline()), None

    def wait(self, timeout=None):
        """The exit status, once there is one; raises subprocess.TimeoutExpired."""
        if self._status is None:
            from select import select

            if not select([self._told], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("a training process", timeout)
            self._status = int(self._told.readline())
            self._told.close()
        return self._status

    def poll(self):
        with suppress(subprocess.TimeoutExpired):
            return self.wait(0)
        return None

    def send_signal(self, number):
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self):
        self.send_signal(signal.SIGKILL)


def forked(server, variables, reading, writing, errors, telling):
    """In a process of its own: fork the training process, tell its number and how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    server.close()
    pid = os.fork()
    if pid == 0:
        os.close(telling)
        for place, one in enumerate((reading, writing, errors)):
            os.dup2(one, place)
            os.close(one)
        os.environ.clear()
        os.environ.update(variables)
        from convlens.studio.process.__main__ import main

        main()
    for one in (reading, writing, errors):
        os.close(one)
    os.write(telling, f"{pid}\n".encode())
    _, status = os.waitpid(pid, 0)
    os.write(telling, f"{os.waitstatus_to_exitcode(status)}\n".encode())


def serve(server):
    for name in IMPORTED:
        importlib.import_module(name)
    warnings.simplefilter("ignore", DeprecationWarning)  # of forks beside threads of torch's
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for who waits for them
    while True:
        message, given, *_ = socket.recv_fds(server, MOST, 4)
        if not message:
            return
        if os.fork() == 0:
            try:
                forked(server, json.loads(message), *given)
            finally:
                os._exit(0)
        for one in given:
            os.close(one)


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
