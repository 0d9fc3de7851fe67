from __future__ import annotations

import time

import pytest

from convlens.notation import Architecture, find

BODIES = {
    "CONV 16@3x3 - CONV 16@3x3": "[CONV 16@3x3]*2",
    "CONV 1@3x3 - CONV 2@3x3": "CONV 1@3x3 - CONV 2@3x3",
    "CONV 1@3x3 - RELU - CONV 2@3x3 - RELU": "[CONV {1,2}@3x3 - RELU]*2",
    "CONV 1@3x3 - RELU - CONV 2@5x5 - RELU": "CONV 1@3x3 - RELU - CONV 2@5x5 - RELU",
    "[[CONV 1@3x3 - RELU]*2 - POOL 2x2]*3": "[[CONV 1@3x3 - RELU]*2 - POOL 2x2]*3",
    "[[CONV {1,2,3}@3x3 - RELU]*2 - POOL 2x2]*3": "[[CONV {1,2,3}@3x3 - RELU]*2 - POOL 2x2]*3",
    "[RES[CONV {4,5}@3x3 - BN] - RELU]*2": "[RES[CONV {4,5}@3x3 - BN] - RELU]*2",
    "RELU - CONV 3@3x3 - RELU - CONV 3@3x3 - RELU": "RELU - [CONV 3@3x3 - RELU]*2",
    "RELU - CONV 3@3x3 - POOL 2x2 - RELU - CONV 3@3x3 - POOL 2x2 - RELU": "[RELU - CONV 3@3x3 - "
    "POOL 2x2]*2 - RELU",
    "FC 64 - RELU - FC 32 - RELU": "FC 64 - RELU - FC 32 - RELU",
}


@pytest.mark.parametrize(("text", "folded"), BODIES.items())
def test_folds(text: str, folded: str):
    assert str(Architecture(text)) == f"INPUT - {folded}"


def test_no_repeat_takes_an_outer_list():
    """Three equal layers inside three rounds that step would take the outer list."""
    architecture = Architecture("[[CONV {1,2,3} - RELU]*2 - CONV {1,2,3} - RELU - POOL]*3")
    layers = [
        f"CONV {number} - RELU - CONV {number} - RELU - CONV {number} - RELU - POOL"
        for number in (1, 2, 3)
    ]
    written = Architecture(" - ".join(layers))
    assert architecture == written
    assert Architecture(str(written)) == written
    assert "*3" in str(written)


def test_known_networks_read_as_people_say_them():
    assert str(find("convnetjs-cifar10").architecture) == (
        "INPUT - [CONV {16,20,20}@5x5 - RELU - POOL 2x2]*3 - FC"
    )
    vgg = "[[CONV {64,128,256,512,512} - RELU]*{2,2,3,3,3} - POOL]*5 - [FC 4096 - RELU]*2 - FC"
    assert str(Architecture(vgg)) == (
        "INPUT - [CONV 64@3x3 - RELU]*2 - POOL 2x2 - [CONV 128@3x3 - RELU]*2 - POOL 2x2 - "
        "[CONV 256@3x3 - RELU]*3 - POOL 2x2 - [[CONV 512@3x3 - RELU]*3 - POOL 2x2]*2 - "
        "[FC 4096 - RELU]*2 - FC"
    )


@pytest.mark.parametrize(
    "text",
    [
        "[CONV]*5000",
        "[[CONV - RELU]*50 - POOL 1x1]*49",
        " - ".join(f"CONV {i * i % 97 + 1}@{i * 7 % 13 + 1} - RELU" for i in range(2400)),
        "RES[" * 16 + "[[[CONV - BN]*3 - RELU]*3 - TANH]*3" + "]" * 16,
    ],
)
def test_large_networks_print_and_read_again(text: str):
    architecture = Architecture(text)
    begun = time.perf_counter()
    assert Architecture(str(architecture)) == architecture
    assert time.perf_counter() - begun < 20
