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
            refused = error
            outcome["asked" if laid.ambiguous else "refused"] += 1
        else:
            check(source, laid, told)
            outcome["read"] += 1
            refused = None
        assert refused is None or (refused.hint and "\n" not in refused.message), (told, refused)
        shutil.rmtree(root)
    plain = outcome["read"] + outcome["refused"]
    assert outcome["read"] > 0.85 * plain, outcome  # what is refused is right, too, but no help


def check(source, laid, told):
    wrong = []
    for item in source.items:
        label, part = truth(pixels_of(item.place), laid)
        said = source.classes[item.label]
        same = label is not None and spelling(label) == spelling(said)
        where = item.part == part or (part is None and item.part == "train")
        if not same or not where:
            wrong.append(f"{item.name} is {label} of {part}, read as {said} of {item.part}")
    assert not wrong, (told, wrong[:3], source.warnings)
    single = {len(name) for name in source.classes} == {1}
    assert single or len({spelling(name) for name in source.classes}) == len(source.classes), told
    files = [file for file in laid.root.rglob("*.png") if file.is_file()]
    labelled = [file for file in files if truth(pixels_of(file), laid)[0] is not None]
    if len(labelled) > len(source.items):  # whatever is left out is told
        assert source.skipped or source.warnings, told


def pixels_of(place):
    return np.asarray(Image.open(io.BytesIO(Path(place).read_bytes())))
