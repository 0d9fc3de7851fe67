"""Texts that are made to take long are read or refused within a second and 500 MB.

CONVLENS_BOMBS says how many of those from a seed, beside those made by hand.
"""

import os
import resource
import sys
import time

import pytest

from convlens.errors import ConvLensError
from convlens.notation import Architecture, resolve
from tests.notation.bombs import BOMBS, bomb

SEEDS = int(os.environ.get("CONVLENS_BOMBS", "20"))
MOST_SECONDS = 3.0
"""Of the processor, for machines that are slow or busy; a second is what it should take."""
MOST_BYTES = 500 << 20
UNIT = 1 if sys.platform == "darwin" else 1024  # of the peak that the system tells


def outcome(build):
    """What ``build`` gives, or the error, which is a line and soon there."""
    begun, peak = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        found = build()
    except ConvLensError as error:
        found = error
    assert time.process_time() - begun < MOST_SECONDS
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak
    assert grown * UNIT < MOST_BYTES
    if isinstance(found, ConvLensError):
        assert str(found)
        assert "\n" not in found.message
        assert len(found.message) < 400
    return found


def check(text):
    found = outcome(lambda: resolve(text))
    if isinstance(found, Architecture):
        outcome(lambda: str(found))
        outcome(lambda: found.plan(found.input or (32, 32, 3), 10))
        outcome(lambda: found.plan((31, 9, 3), 7))


@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS)
def test_a_text_that_somebody_thought_of(text):
    check(text)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_text_that_was_grown(seed):
    check(bomb(seed))


def test_a_correction_in_the_largest_networks_takes_few_tries_and_is_found():
    most = "[[CONV 1]*70]*69"
    with pytest.raises(ConvLensError) as caught:
        Architecture(f"INPUT 999x999x3 - {most} - POOL 2x2/7 - FC")
    assert caught.value.correction == f"INPUT 999x999x3 - {most} - POOL 2x2/7 floor - FC"
