"""Small pictures, made where a test wants them."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

Encode = Callable[..., bytes]
Tree = Callable[..., Path]


def _encoded(seed: int = 0, size: tuple[int, int] = (8, 6), kind: str = "PNG", **options) -> bytes:
    levels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(levels).save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.fixture(scope="session")
def encoded() -> Encode:
    """Return a function that gives the bytes of a file with a random picture."""
    return _encoded


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """Return a function that lays out a picture under each of the given paths."""

    def lay(*paths: str, root: str = "photos", size: tuple[int, int] = (8, 6)) -> Path:
        folder = tmp_path / root
        folder.mkdir(exist_ok=True)
        for number, path in enumerate(paths):
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(_encoded(number, size))
        return folder

    return lay


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONVLENS_CACHE", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture(scope="session")
def real_pictures() -> Path:
    """Return the folder of real pictures; skips where ``CONVLENS_DATA`` is unset."""
    folder = os.environ.get("CONVLENS_DATA")
    if not folder:
        pytest.skip("CONVLENS_DATA is unset: no real pictures")
    return Path(folder)
