"""Tree to layers: repeats written out, lists resolved, and what no single layer can be seen by."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from convlens.notation.amounts import Amount, Number, Steps
from convlens.notation.faults import Edit, Fault, Remedy
from convlens.notation.layers import SVM, Concat, FullyConnected, Layer, Residual, Softmax
from convlens.notation.printing import layer_text
from convlens.notation.statements import Statement
from convlens.notation.tree import Node, Repeat, Tree
from convlens.notation.words import Conflict


@dataclass(frozen=True, slots=True)
class Round:
    """One round of a repeat: the ``index``-th, from 0, of ``count``."""

    repeat: Repeat
    index: int
    count: int


@dataclass(frozen=True, slots=True)
class Reading:
    """A text, read.

    ``rounds`` says for every layer, in reading order with RES and CAT before their insides, which
    rounds of which repeats it stands in, the outermost first.
    """

    text: str
    tree: Tree
    layers: tuple[Layer, ...]
    rounds: tuple[tuple[Round, ...], ...]


def expand(text: str, tree: Tree) -> Reading:
    """Write out the repeats of ``tree``; Fault where that gives no network."""
    expander = _Expander(text)
    layers = expander.sequence(tree.nodes, ())
    for layer in _walk(layers):
        if isinstance(layer, Softmax | SVM) and layer is not layers[-1]:
            raise _early_loss(text, layer, tree.nodes[-1].end)
    if isinstance(layers[-1], Softmax):
        layers = layers[:-1]
    if not layers:
        start, end = tree.nodes[0].start, tree.nodes[-1].end
        remedies = [((start, start, "FC - "),)]
        raise Fault("there is no layer for SOFTMAX to work on", start, end, remedies=remedies)
    _check_bare(layers)
    return Reading(text, tree, layers, tuple(expander.rounds))


def _walk(layers: tuple[Layer, ...]) -> Iterator[Layer]:
    """Yield the layers in reading order."""
    for layer in layers:
        yield layer
        for branch in branches_of(layer):
            yield from _walk(branch)


def branches_of(layer: Layer) -> tuple[tuple[Layer, ...], ...]:
    """Return the branches that the text gives a RES or CAT; none for any other layer."""
    if isinstance(layer, Concat):
        return layer.branches
    if isinstance(layer, Residual):
        return (layer.body,) if layer.shortcut is None else (layer.body, layer.shortcut)
    return ()


def _early_loss(text: str, layer: Layer, close: int) -> Fault:
    """SOFTMAX or SVM stands too early in a network whose last layer ends at ``close``."""
    start, end = layer.span or (0, 0)
    word = text[start:end].upper()
    out = (start, end, "")
    if behind := re.match(r"[\s>→-]+(?=\w)", text[end:]):
        out = (start, end + behind.end(), "")
    elif before := re.search(r"[\s>→-]+\Z", text[:start]):
        out = (before.start(), end, "")
    return Fault(
        f"{word} comes last: it is what the network is trained by",
        start,
        end,
        expected=f"{word} at the end of the whole network, or not at all",
        remedies=[(out, (close, close, f" - {word}")), (out,)],
    )


def _check_bare(layers: tuple[Layer, ...]) -> None:
    """Refuse a bare FC that another FC follows: it cannot be the one that gives the classes."""
    bare: Layer | None = None
    for layer in _walk(layers):
        if isinstance(layer, FullyConnected):
            if bare:
                start, end = bare.span or (0, 0)
                raise Fault(
                    "FC without a number has one unit for each class, so only the last FC "
                    "can go without",
                    start,
                    end,
                    expected="the number of units, such as FC 64",
                    remedies=[((start + 2, start + 2, " 64"),)],
                )
            bare = layer if layer.units is None else None


class _Expander:
    def __init__(self, text: str) -> None:
        self.text = text
        self.rounds: list[tuple[Round, ...]] = []

    def sequence(self, nodes: tuple[Node, ...], rounds: tuple[Round, ...]) -> tuple[Layer, ...]:
        layers: list[Layer] = []
        for node in nodes:
            if isinstance(node, Repeat):
                count = int(self._pick(node.times, rounds))
                for index in range(count):
                    inside = (*rounds, Round(node, index, count))
                    layers.extend(self.sequence(node.nodes, inside))
            else:
                layers.append(self._layer(node, rounds))
        return tuple(layers)

    def _layer(self, node: Node, rounds: tuple[Round, ...]) -> Layer:
        self.rounds.append(rounds)
        span = (node.start, node.end)
        if isinstance(node, Statement):
            return self._stated(node, rounds)
        assert not isinstance(node, Repeat)
        branches = tuple(self.sequence(branch, rounds) for branch in node.branches)
        if node.name == "CAT":
            return Concat(branches=branches, span=span)
        shortcut = branches[1] if len(branches) > 1 else None
        return Residual(body=branches[0], shortcut=shortcut, span=span)

    def _stated(self, node: Statement, rounds: tuple[Round, ...]) -> Layer:
        span = (node.start, node.end)
        said = {
            name: self._pick(value, rounds) if isinstance(value, Number | Steps) else value
            for name, value in node.fields.items()
        }
        try:
            return replace(node.word.make(said), span=span)
        except Conflict as conflict:
            remedies: list[Remedy] = []
            lists = any(isinstance(value, Steps) for value in node.fields.values())
            if conflict.mended and not lists:
                remedies.append(((*span, layer_text(conflict.mended)),))
            raise Fault(
                f"{node.name}: {conflict.message}",
                *span,
                expected=node.word.shape,
                remedies=remedies,
            ) from None

    def _pick(self, amount: Amount, rounds: tuple[Round, ...]) -> int | float:
        """Return the number, or the list's value in the round that it steps with."""
        if isinstance(amount, Number):
            return amount.value
        for current in reversed(rounds):
            if isinstance(current.repeat.times, Number) and current.count == len(amount.values):
                return amount.values[current.index]
        raise self._unstepped(amount, rounds)

    def _unstepped(self, steps: Steps, rounds: tuple[Round, ...]) -> Fault:
        count = len(steps.values)
        around = [current.repeat.times for current in rounds]
        counts = ", ".join(f"* {times.value}" for times in around if isinstance(times, Number))
        return Fault(
            f"a list of {count} steps through a repeat of {count}; "
            + (f"around it stands {counts}" if counts else "no repeat stands around it"),
            steps.start,
            steps.end,
            expected=f"[ … ] * {count} around it, or as many numbers as there are rounds",
            remedies=self._stepped(steps, around),
        )

    def _stepped(self, steps: Steps, around: list[Amount]) -> Iterator[Remedy]:
        count = len(steps.values)
        for times in reversed(around):
            if isinstance(times, Number):
                yield ((times.start, times.end, str(count)),)
                yield (self._fitted(steps, int(times.value)),)

    def _fitted(self, steps: Steps, count: int) -> Edit:
        """Return the list cut, or filled up with its last value, to ``count``."""
        values = (*steps.values, *[steps.values[-1]] * max(0, min(count, 1000) - len(steps.values)))
        return (
            steps.start,
            steps.end,
            "{" + ",".join(f"{value:g}" for value in values[:count]) + "}",
        )
