"""What all tests share: files that hold what was printed, and a flag that rewrites them."""

from __future__ import annotations

import os

# Threads that wait for each other make small networks crawl on a busy machine; set before torch.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# How long an example takes says more about the machine than about the code.
settings.register_profile("convlens", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("convlens")

GOLDEN = Path(__file__).parent / "golden"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write what is printed now to tests/golden instead of comparing with it",
    )


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Return ``golden(name, text)``, which holds ``text`` to the file ``tests/golden/<name>``."""

    def check(name: str, text: str) -> None:
        path = GOLDEN / name
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.exists(), f"{path} is missing; write it with --update-golden"
        assert text == path.read_text(encoding="utf-8"), f"{path.name}: see --update-golden"

    return check


@pytest.fixture
def homeless(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user of whom neither the environment nor the system knows a home."""
    for name in ("CONVLENS_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)

    def none() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", none)


@pytest.fixture(scope="session")
def digits_model(tmp_path_factory):
    """A quickly trained model of the embedded digits."""
    path = tmp_path_factory.mktemp("model") / "digits.safetensors"
    from convlens.cli.main import run

    assert run(["train", "digits", "--epochs", "6", "--quiet", "--json", "--out", str(path)]) == 0
    return path
