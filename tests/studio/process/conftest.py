"""One training process for a module's tests."""

import pytest

from tests.studio.process.driving import Process
from tests.studio.process.warm import Warm

NET = "CONV 8 - BN - RELU - POOL - RES[CONV 8 - RELU] - CONV 12 - RELU - POOL - FC"


@pytest.fixture(scope="package")
def warm():
    """Who starts a process without importing everything again."""
    one = Warm()
    yield one
    one.close()


@pytest.fixture(scope="module")
def process(tmp_path_factory, warm):
    folder = tmp_path_factory.mktemp("process")
    started = Process(folder, warm)
    yield started
    assert started.close() == 0, started.complaints()


@pytest.fixture(scope="module")
def paused(process):
    """The process with a run of the digits, paused after four steps."""
    process.ready = process.open(process.folder / "run", net=NET, epochs=40)
    process.phase("paused")
    for _ in range(4):
        process.ask("step")
    process.until(lambda one: one["tell"] == "progress" and one["step"] == 4)
    return process
