"""Never another truth: random layouts are read as they are meant, or refused."""

from __future__ import annotations

import io
import os
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from convlens.data import check_divisible, learnable, open_source
from convlens.data.sources.spelling import spelling
from convlens.errors import ConvLensError
from tests.data.sources.layouts import lay, truth

LAYOUTS = int(os.environ.get("CONVLENS_LAYOUTS", "2000"))
BLOCKS = 8


@pytest.mark.parametrize("block", range(BLOCKS))
def test_no_layout_is_read_as_another_truth(tmp_path, block):
    outcome: Counter[str] = Counter()
    for seed in range(block, LAYOUTS, BLOCKS):
        root = tmp_path / f"pictures{seed}"
        laid = lay(root, seed)
        told = f"layout {seed}: {laid.told}"
        try:
            source = learnable(open_source(root))
            check_divisible(source)
        except ConvLensError as error:
            assert error.hint, (told, error.message)
            assert "\n" not in error.message
            outcome["asked" if laid.ambiguous else "refused"] += 1
        else:
            check(source, laid, told)
            outcome["read"] += 1
        shutil.rmtree(root)
    plain = outcome["read"] + outcome["refused"]
    assert outcome["read"] > 0.85 * plain, outcome  # what is refused is right, too, but no help


def check(source, laid, told):
    wrong = []
    for item in source.items:
        pixels = np.asarray(Image.open(io.BytesIO(Path(item.place).read_bytes())))
        label, part = truth(pixels, laid)
        said = source.classes[item.label]
        same = label is not None and spelling(label) == spelling(said)
        where = item.part == part or (part is None and item.part == "train")
        if not same or not where:
            wrong.append(f"{item.name} is {label} of {part}, read as {said} of {item.part}")
    assert not wrong, (told, wrong[:3], source.warnings)
    single = {len(name) for name in source.classes} == {1}
    assert single or len({spelling(name) for name in source.classes}) == len(source.classes), told
    on_disk = 0
    for file in laid.root.rglob("*.png"):
        if (
            file.is_file()
            and truth(np.asarray(Image.open(io.BytesIO(file.read_bytes()))), laid)[0] is not None
        ):
            on_disk += 1
    if on_disk > len(source.items):  # whatever is left out is told
        assert source.skipped or source.warnings, told
