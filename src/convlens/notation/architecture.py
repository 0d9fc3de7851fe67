"""A network as a value: read from text, compared, printed, planned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

from convlens.errors import NotationError, SettingsError
from convlens.notation.checking import complained, complete, fitting, read
from convlens.notation.expand import Reading
from convlens.notation.faults import Fault, apply
from convlens.notation.fold import network_text
from convlens.notation.layers import Layer
from convlens.notation.limits import MAX_NUMBER, checked_volume
from convlens.notation.plan import Plan
from convlens.notation.volumes import Volume


@final
class Architecture:
    """A network, as its text says it.

    >>> a = Architecture("INPUT 32x32x3 - [CONV 16@5x5 - RELU - POOL]*3 - FC 10")
    >>> str(a)
    'INPUT 32x32x3 - [CONV 16@5x5 - RELU - POOL 2x2]*3 - FC 10'
    >>> a.plan().parameters
    16618

    Immutable and hashable; two are equal whose layers and input are, however they were written.
    ``str`` gives the canonical text, which reads as an equal value. Raises NotationError where the
    text does not read, or where it states its input and a layer does not fit.
    """

    __slots__ = ("_canonical", "_reading")
    _canonical: str | None
    _reading: Reading

    def __init__(self, text: str) -> None:
        try:
            reading = read(text)
        except Fault as fault:
            raise complained(text, fault, read) from None
        object.__setattr__(self, "_reading", reading)
        object.__setattr__(self, "_canonical", None)

    @classmethod
    def of(cls, layers: Sequence[Layer], input: Sequence[int] | None = None) -> Architecture:
        """Return the network of ``layers`` on ``input``, given as (width, height, depth).

        Its ``source`` is its canonical text. Raises NotationError where a layer's values are out
        of range or the volumes do not fit.
        """
        volume = None if input is None else checked_volume(input)
        return cls(network_text(tuple(layers), volume))

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers with all repeats written out, without INPUT."""
        return self._reading.layers

    @property
    def input(self) -> Volume | None:
        """The input's volume, where the text states it."""
        return self._reading.tree.input

    @property
    def source(self) -> str:
        """The text that was read; the layers' spans are places in it."""
        return self._reading.text

    def plan(self, input: Sequence[int] | None = None, classes: int | None = None) -> Plan:
        """Follow the network from ``input`` (width, height, depth) to ``classes`` values.

        ``input`` may be left out where the text states it, ``classes`` where the last FC does;
        both must agree with what is stated. Raises NotationError where a layer does not fit, or
        the network does not end in one value for each class.
        """
        volume = None if input is None else checked_volume(input)
        if classes is not None and not (type(classes) is int and 1 <= classes <= MAX_NUMBER):
            raise SettingsError(f"the number of classes is from 1 to {MAX_NUMBER:,}, not {classes}")

        try:
            return Plan(self, *complete(self._reading, volume, classes))
        except Fault as fault:
            raise self._complained(fault, volume, classes) from None

    def _complained(
        self, fault: Fault, volume: Volume | None, classes: int | None
    ) -> NotationError:
        """Return the error: where another size of input fits, no layer is dropped for this one."""
        fits = None if volume is None else fitting(self._reading, volume, classes)

        def attempt(text: str) -> None:
            complete(read(text), volume, classes, cut=fits is None)

        if fits is not None:
            try:
                attempt(self.source)
            except Fault as uncut:
                fault = uncut
        return complained(self.source, fault, attempt, fits)

    def with_input(self, volume: Sequence[int] | None) -> Architecture:
        """Return the same layers on another input, or on one left open."""
        start, end = self._reading.tree.input_span
        said = "INPUT" if volume is None else f"INPUT {checked_volume(volume)}"
        return Architecture(
            apply(self.source, ((start, end, said + (" - " if start == end else "")),))
        )

    def __str__(self) -> str:
        if self._canonical is None:
            object.__setattr__(self, "_canonical", network_text(self.layers, self.input))
        assert self._canonical is not None
        return self._canonical

    def __repr__(self) -> str:
        return f"Architecture({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Architecture):
            return NotImplemented
        return self.layers == other.layers and self.input == other.input

    def __hash__(self) -> int:
        return hash((self.layers, self.input))

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"an Architecture does not change: {name} cannot be set")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"an Architecture does not change: {name} cannot be deleted")

    def __reduce__(self) -> tuple[type[Architecture], tuple[str]]:
        return Architecture, (self.source,)
