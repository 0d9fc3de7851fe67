"""Text to tree: layers in sequence, repeats, RES and CAT.

::

    network  = [ INPUT [ WxHxD ] join ] sequence
    sequence = item { join item }                join: "-", "->" or a new line
    item     = layer | "[" sequence "]" "*" n | RES "[" … "]" | CAT "[" … "|" … "]"
"""

from __future__ import annotations

from typing import Literal

from convlens.notation import slips
from convlens.notation.amounts import Amount, Steps, read_amount
from convlens.notation.faults import Fault
from convlens.notation.inputs import read_input
from convlens.notation.limits import MAX_BRANCHING, MAX_LAYERS, MAX_NESTING
from convlens.notation.statements import read_statement
from convlens.notation.tokens import Cursor, Token
from convlens.notation.tree import Branching, Node, Repeat, Tree, size_of
from convlens.notation.words import COUNT, VOCABULARY


def parse(text: str) -> Tree:
    """Read the structure of ``text``; Fault where it has none."""
    return _Parser(Cursor(text)).network()


class _Parser:
    def __init__(self, cursor: Cursor) -> None:
        self.cursor = cursor
        self.nesting = 0
        self.branching = 0
        self.written = 0

    def network(self) -> Tree:
        cursor = self.cursor
        self._newlines()
        volume, span = read_input(cursor)
        if span[1] > span[0] and cursor.here.kind != "end":
            self._separator(span[0])
        nodes = self._sequence()
        if cursor.is_mark("|"):
            raise slips.stray_bar(cursor.here)
        if cursor.here.kind != "end":
            raise slips.stray_bracket(cursor, nodes[0].start if nodes else 0)
        if not nodes:
            raise slips.empty(cursor, span)
        if size_of(nodes) > MAX_LAYERS:
            raise Fault(
                f"that is {size_of(nodes):,} layers; a network may have {MAX_LAYERS:,}",
                nodes[0].start,
                nodes[-1].end,
            )
        return Tree(volume, span, nodes)

    def _count(self) -> None:
        """Count a layer or branch that begins here, so that endless text is left where it is."""
        self.written += 1
        if self.written > MAX_LAYERS:
            raise Fault(
                f"a network may have {MAX_LAYERS:,} layers; here it goes on",
                self.cursor.here.start,
                self.cursor.here.end,
            )

    def _newlines(self) -> None:
        while self.cursor.here.kind == "newline":
            self.cursor.take()

    def _at_closer(self) -> bool:
        return self.cursor.here.kind == "end" or self.cursor.is_mark("]", "|")

    def _sequence(self) -> tuple[Node, ...]:
        """Read layers up to what closes them; none, where it is closed at once."""
        nodes: list[Node] = []
        self._newlines()
        while not self._at_closer():
            nodes.append(self._item())
            if self._at_closer():
                break
            self._separator(nodes[-1].start)
        return tuple(nodes)

    def _separator(self, start: int) -> None:
        """Read new lines and at most one joiner, behind the item that began at ``start``."""
        cursor = self.cursor
        broken = cursor.here.kind == "newline"
        self._newlines()
        join = cursor.take() if cursor.here.kind == "join" else None
        self._newlines()
        if join and (self._at_closer() or cursor.here.kind == "join"):
            raise slips.missing_layer(cursor, join)
        if not join and not broken:
            if cursor.here.kind == "times" or cursor.is_mark("*"):
                raise slips.bare_repeat(cursor, start, inside=self.nesting > 0)
            raise slips.perhaps(cursor.here) if cursor.here.text == "?" else slips.unjoined(cursor)

    def _item(self) -> Node:
        cursor = self.cursor
        if cursor.is_mark("["):
            return self._repeat()
        self._count()
        if cursor.here.kind == "word":
            name = cursor.here.text.upper()
            if name in VOCABULARY:
                return read_statement(cursor)
            if name in ("RES", "CAT"):
                return self._branching("RES" if name == "RES" else "CAT")
        raise slips.no_layer(cursor)

    def _open(self) -> Token:
        opening = self.cursor.take()
        self.nesting += 1
        if self.nesting > MAX_NESTING:
            raise Fault(f"brackets nest more than {MAX_NESTING} deep", opening.start, opening.end)
        return opening

    def _close(self, opening: Token, *, counted: bool) -> None:
        if not self.cursor.take_mark("]"):
            raise slips.unclosed(self.cursor, opening, counted)
        self.nesting -= 1

    def _repeat(self) -> Repeat:
        cursor = self.cursor
        opening = self._open()
        nodes = self._sequence()
        self._close(opening, counted=True)
        if not nodes:
            raise slips.nothing_repeated(opening, cursor.end_before)
        if not self._at_times():
            raise slips.uncounted(cursor, opening)
        return self._repeated(nodes, opening.start)

    def _at_times(self) -> bool:
        return self.cursor.is_mark("*") or self.cursor.here.kind == "times"

    def _repeated(self, nodes: tuple[Node, ...], start: int) -> Repeat:
        """Read ``* n``, behind brackets that hold ``nodes``."""
        self.cursor.take()
        times = self._times()
        most = max(times.values) if isinstance(times, Steps) else times.value
        size = int(most) * size_of(nodes)
        if size > MAX_LAYERS:
            raise Fault(
                f"repeated so often, that is {size:,} layers; a network may have {MAX_LAYERS:,}",
                times.start,
                times.end,
                expected="a smaller number",
            )
        return Repeat(nodes, times, start, self.cursor.end_before, size)

    def _times(self) -> Amount:
        token = self.cursor.here
        if token.kind == "word" and len(token.text) == 1:
            raise slips.lettered_count(token)
        return read_amount(self.cursor, "the number of repeats", COUNT)

    def _branching(self, name: Literal["RES", "CAT"]) -> Node:
        """Read ``RES[ … ]`` or ``CAT[ … | … ]``, and the ``* n`` that may follow."""
        cursor = self.cursor
        word = cursor.take()
        if not cursor.is_mark("["):
            raise slips.unopened(word, cursor.here)
        opening = self._open()
        self.branching += 1
        if self.branching > MAX_BRANCHING:
            raise Fault(f"RES and CAT nest more than {MAX_BRANCHING} deep", word.start, word.end)
        branches = [self._sequence()]
        while cursor.take_mark("|"):
            self._count()
            branches.append(self._sequence())
        self._close(opening, counted=False)
        self.branching -= 1
        size = 1 + len(branches) + sum(map(size_of, branches))
        node = Branching(name, tuple(branches), word.start, cursor.end_before, size)
        if fault := slips.misbranched(node, opening):
            raise fault
        return self._repeated((node,), node.start) if self._at_times() else node
