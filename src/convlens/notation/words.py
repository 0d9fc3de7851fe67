"""The vocabulary: every layer's word, what may follow it, and the layer that comes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import gcd
from typing import Any, get_args

from convlens.notation import layers as kinds
from convlens.notation.layers import ActivationKind, Layer
from convlens.notation.limits import MAX_NUMBER

Fields = Mapping[str, Any]
"""What the text says of a layer: fields by name, numbers resolved."""


class Conflict(Exception):  # noqa: N818
    """Two fields of a layer that cannot stand together; ``mended`` is a layer that could."""

    def __init__(self, message: str, mended: Layer | None) -> None:
        super().__init__(message)
        self.message = message
        self.mended = mended


@dataclass(frozen=True, slots=True)
class Bounds:
    """The least and the greatest value of a number, and whether it must be whole."""

    low: float
    high: float
    whole: bool = True

    def __str__(self) -> str:
        if not self.whole:
            return "a number of 0 or more" + (" and less than 1" if self.high < 1 else "")
        if self.high == MAX_NUMBER:
            return f"a whole number of {self.low:g} or more"
        return f"a whole number from {self.low:g} to {self.high:g}"


COUNT = Bounds(1, MAX_NUMBER)
BOUNDS: Mapping[str, Bounds] = {
    "pad": Bounds(0, MAX_NUMBER),
    "group": Bounds(2, MAX_NUMBER),
    "p": Bounds(0, 0.999999, whole=False),
    "k": Bounds(0, MAX_NUMBER, whole=False),
    "alpha": Bounds(0, MAX_NUMBER, whole=False),
    "beta": Bounds(0, 100, whole=False),
}
"""Of the fields that are not an ordinary count of 1 or more."""


@dataclass(frozen=True, slots=True)
class Word:
    """What may follow a layer's word.

    ``first`` is the field of a number without a name (``"window"`` for F or FxF), ``keys`` the
    words that a number follows, ``flags`` those that stand alone, each with its field and value.
    """

    make: Callable[[Fields], Layer]
    shape: str
    first: str | None = None
    window: bool = False
    stride: bool = False
    keys: Mapping[str, str] = field(default_factory=dict)
    flags: Mapping[str, tuple[str, Any]] = field(default_factory=dict)

    @property
    def options(self) -> list[str]:
        """Every word that may follow, in lower case."""
        return [word.lower() for word in (*self.keys, *self.flags)]


def _kernel(said: Fields, default: int) -> tuple[int, int]:
    width = said.get("width", default)
    return width, said.get("height", width)


def _conv(said: Fields) -> Layer:
    rest = {name: value for name, value in said.items() if name not in ("width", "height")}
    conv = kinds.Conv(kernel=_kernel(said, 3), **rest)
    if conv.filters % conv.groups:
        groups = gcd(conv.filters, conv.groups)
        raise Conflict(
            f"{conv.filters} filters do not divide into {conv.groups} groups",
            kinds.Conv(kernel=conv.kernel, **{**rest, "groups": groups}),
        )
    return conv


def _pool(said: Fields) -> Layer:
    kernel = _kernel(said, 2)
    rest = {name: value for name, value in said.items() if name not in ("width", "height")}
    if "stride" not in rest:
        if kernel[0] != kernel[1]:
            raise Conflict(
                f"a pool of {kernel[0]}x{kernel[1]} needs its stride said, its window not "
                "being square",
                kinds.Pool(kernel=kernel, **rest, stride=min(kernel)),
            )
        rest["stride"] = kernel[0]
    pool = kinds.Pool(kernel=kernel, **rest)
    if pool.pad != "same" and 2 * pool.pad > min(kernel):
        raise Conflict(
            f"a pool's pad is at most half its window, or some windows would see nothing: "
            f"pad {pool.pad} for {kernel[0]}x{kernel[1]}",
            kinds.Pool(kernel=kernel, **{**rest, "pad": min(kernel) // 2}),
        )
    return pool


def _activation(kind: ActivationKind) -> Word:
    return Word(lambda said: kinds.Activation(kind=kind), f"nothing more: {kind.upper()} is all")


_PAD = {"PAD": "pad", "P": "pad"}
_PAD_FLAGS = {"SAME": ("pad", "same"), "VALID": ("pad", 0)}
_FIT = {"FLOOR": ("fit", "floor"), "CEIL": ("fit", "ceil")}
_NOBIAS = {"NOBIAS": ("bias", False)}

VOCABULARY: Mapping[str, Word] = {
    "CONV": Word(
        _conv,
        "K@FxF, then any of /S, pad P, same, valid, dilate D, groups G, nobias, floor, ceil",
        first="filters",
        window=True,
        stride=True,
        keys={"K": "filters", "F": "window", "S": "stride", "DILATE": "dilation"}
        | {"GROUPS": "groups"}
        | _PAD,
        flags=_PAD_FLAGS | _FIT | _NOBIAS,
    ),
    "POOL": Word(
        _pool,
        "FxF, then any of /S, max, avg, l2, pad P, same, valid, floor, ceil",
        first="window",
        window=True,
        stride=True,
        keys={"F": "window", "S": "stride"} | _PAD,
        flags={kind: ("kind", kind.lower()) for kind in ("MAX", "AVG", "L2")} | _PAD_FLAGS | _FIT,
    ),
    "GLOBALPOOL": Word(
        lambda said: kinds.GlobalPool(**said),
        "avg or max",
        flags={kind: ("kind", kind.lower()) for kind in ("MAX", "AVG")},
    ),
    "FC": Word(
        lambda said: kinds.FullyConnected(**said),
        "the number of units, nobias",
        first="units",
        flags=_NOBIAS,
    ),
    "MAXOUT": Word(
        lambda said: kinds.Maxout(**said), "the number of neighbours, 2 or more", first="group"
    ),
    "BN": Word(lambda said: kinds.BatchNorm(), "nothing more: BN is all"),
    "LRN": Word(
        lambda said: kinds.LocalResponseNorm(**said),
        "any of n=5 k=2 alpha=1e-4 beta=0.75",
        keys={"N": "n", "K": "k", "ALPHA": "alpha", "BETA": "beta"},
    ),
    "DROPOUT": Word(
        lambda said: kinds.Dropout(**said),
        "the part of the values to drop, such as 0.5",
        first="p",
        keys={"P": "p"},
    ),
    "SOFTMAX": Word(lambda said: kinds.Softmax(), "nothing more: SOFTMAX is all"),
    "SVM": Word(lambda said: kinds.SVM(), "nothing more: SVM is all"),
} | {kind.upper(): _activation(kind) for kind in get_args(ActivationKind)}

LAYER_WORDS = (*VOCABULARY, "RES", "CAT")

A_LAYER = (
    "CONV, POOL, GLOBALPOOL, FC, RELU or another activation, BN, LRN, DROPOUT, "
    "RES[ … ], CAT[ … | … ] or [ … ] * n"
)
