"""What the zoo holds of a network."""

from __future__ import annotations

from dataclasses import dataclass

from convlens.notation.architecture import Architecture
from convlens.notation.plan import Plan
from convlens.notation.volumes import Volume


@dataclass(frozen=True, slots=True)
class Entry:
    """A network of the zoo.

    ``text`` is the network as it is best read; ``line`` says in a few words what it is known for,
    ``about`` what there is to know of this form of it, ``title`` where it was published. ``input``
    and ``classes`` are those that it was made for; the text leaves the input open, and the classes
    where the network ends in FC. ``published`` is the number of parameters that is stated for
    exactly this form, or None; ``counts_statistics`` tells that the source counted the running
    mean and variance of BN among them, which are 2·D more for each BN and not learned.
    """

    name: str
    text: str
    line: str
    title: str
    year: int
    input: Volume
    classes: int
    about: str
    published: int | None = None
    counts_statistics: bool = False

    @property
    def architecture(self) -> Architecture:
        """The network, its input as the text leaves it."""
        return Architecture(self.text)

    @property
    def plan(self) -> Plan:
        """The network on the input and classes that it was made for."""
        return self.architecture.plan(self.input, self.classes)
