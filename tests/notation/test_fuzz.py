"""Whatever is typed: an Architecture or a NotationError, soon, and corrections that work."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convlens.errors import NotationError
from convlens.notation import Architecture
from convlens.notation.grammar import parse
from convlens.notation.limits import MAX_LAYERS
from convlens.notation.tree import size_of
from convlens.notation.zoo import ZOO
from tests.notation.strategies import architectures_on_inputs

Result = TypeVar("Result")

WORDS_TEXT = (
    "INPUT CONV POOL FC RELU RES CAT BN LRN DROPOUT MAXOUT SVM SOFTMAX GLOBALPOOL 32x32x3 8x8x1 "
    "16@3x3 2x2 3x3x16 /2 pad same valid floor ceil dilate groups nobias avg l2 K=4 F=3 S= P=1 "
    "n=3 {1,2} {3, {} [ ] ]*2 ]*3 *2 x3 | - -> → , ( ) ? = @ 0 1 2 -1 0.5 1e-4 1e99 .5 5. CNOV "
    "DENSE CONV2D conv1 # \n \t × ２ é ß ı İ 日本 \x00 \ud800 '' \" \\ : ; _ x X xx 999999 1000001 "
    "Conv2d( 3, 16 ) MaxPool2d( (2,2) padding= 'same' relu bias=False [1,2] ^ %"
)
WORDS = WORDS_TEXT.split(" ")

SEEDS = [entry.text for entry in ZOO] + [
    "INPUT 32x32x3 - [CONV {16,32,64}@5x5 pad 2 - RELU - POOL 2x2]*3 - [FC 64 - RELU]*1 - FC 10",
    "INPUT 8x8x4\nCAT[CONV 4 groups 2 | | POOL 3x3/1 same] - RES[CONV 8/2 | CONV 8@1/2]\nFC - SVM",
    "INPUT 16x12x2 -> [[CONV K=4 F=3 S=1 P=1 -> LRN n=3]*2 -> POOL 3x3/2 ceil]*2 -> MAXOUT 2 -> FC",
]


@st.composite
def mutated(draw: st.DrawFn) -> str:
    text = draw(
        st.one_of(st.sampled_from(SEEDS), architectures_on_inputs().map(lambda case: str(case[0])))
    )
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 6)))
        cut = text[start:end]
        other = draw(st.one_of(st.sampled_from(WORDS), st.text(max_size=3), st.just(cut[::-1])))
        text = draw(
            st.sampled_from(
                [
                    text[:start] + text[end:],
                    text[:start] + other + text[start:],
                    text[:start] + other + text[end:],
                    text[:start] + cut + text[start:],
                ]
            )
        )
    return text


soups = st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join)


def outcome(build: Callable[[], Result]) -> Result | NotationError:
    try:
        return build()
    except NotationError as error:
        return error


def check_error(error: NotationError, text: str, retry: Callable[[str], object]) -> None:
    assert error.text == text
    assert 0 <= error.start <= error.end <= len(text)
    assert "\n" not in error.message
    assert str(error)
    if error.correction is not None:
        assert error.correction != text
        retry(error.correction)


def check(text: str) -> None:
    architecture = outcome(lambda: Architecture(text))
    if isinstance(architecture, NotationError):
        check_error(architecture, text, Architecture)
        return
    assert Architecture(str(architecture)) == architecture
    volume = architecture.input or (8, 8, 4)
    plan = outcome(lambda: architecture.plan(volume, 10))
    if isinstance(plan, NotationError):
        check_error(plan, text, lambda again: Architecture(again).plan(volume, 10))
    else:
        assert plan.classes == 10


@settings(max_examples=300)
@given(mutated())
def test_broken_texts(text: str):
    check(text)


@settings(max_examples=250)
@given(soups)
def test_soups_of_words(text: str):
    check(text)


@settings(max_examples=200)
@given(st.text(max_size=60))
def test_any_text_at_all(text: str):
    check(text)


ABSURD = {
    "repeats": "[[[[CONV]*999]*999]*999]*999",
    "one large repeat": "[CONV]*999999",
    "huge repeat": "[CONV]*" + "9" * 10_000,
    "lists of repeats": "[[CONV]*{1000000,1000000}]*2",
    "long text": "CONV - " * 1_500_000,
    "layers to the last character": "CONV - " * 85_000,
    "long word": "C" * 500_000,
    "long number": "CONV " + "9" * 500_000,
    "long float": "DROPOUT 0." + "9" * 500_000,
    "long list": "[CONV {" + ",".join(["16"] * 100_000) + "}]*3",
    "filters": "CONV 99999999999@3x3",
    "window": "CONV 3@999999999x3",
    "exponent": "DROPOUT 1e999999999",
    "brackets": "[" * 10_000,
    "closed brackets": "[" * 10_000 + "CONV" + "]*2" * 10_000,
    "residuals": "RES[" * 10_000,
    "branches": "CAT[" + "|" * 100_000 + "]",
    "branches repeated": "[CAT[" + "|" * 1_000 + "]]*1000",
    "spaces": " " * 500_000 + "x",
    "new lines": "\n" * 500_000 + "x",
    "closers": "]" * 100_000,
    "dashes": "-" * 500_000,
    "stars": "CONV" + "*" * 100_000,
    "input": "INPUT 1000000x1000000x1000000 - FC",
    "growth": "INPUT 1000x1000x3 - [CONV 4 pad 1000000]*10 - FC",
    "weights": "INPUT 1000x1000x3 - FC 1000000 - FC",
    "layers": "CONV - " * 6_000 + "FC",
    "parentheses": "(" * 2_999,
    "calls": "RES(" * 700 + "CONV" + ")" * 199,
    "concatenations": "CAT(" * 700 + "CONV, POOL" + ")" * 100,
    "repeats before": "2 x [" * 599,
    "shape": "INPUT (" + " " * 2_900 + "x",
    "numbers": "CONV 3 " + "1 " * 1_400,
    "foreign layers": "Conv2d(3, 16, 5), ReLU(), " * 110,
}


@pytest.mark.parametrize("text", ABSURD.values(), ids=ABSURD.keys())
def test_absurd_texts_are_refused_at_once(text: str):
    begun = time.process_time()
    with pytest.raises(NotationError) as caught:
        Architecture(text)
    str(caught.value)
    assert time.process_time() - begun < 1  # measured: at most 0.2
    assert len(caught.value.message) < 300


@pytest.mark.parametrize("written", ["TANH", "RES[ TANH ] - TANH", "[ TANH ]*1 - [ TANH ]*1"])
def test_as_many_layers_as_a_network_may_have_can_be_written_out(written: str):
    most = " - ".join([written] + ["RELU"] * (MAX_LAYERS - size_of(parse(written).nodes)))
    Architecture(most)
    with pytest.raises(NotationError, match="a network may have 5,000"):
        Architecture(f"{most} - RELU")
