"""The audit as a page: every finding with thumbnails, in one HTML file of bounded size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from convlens.audit.findings import Case, Finding, Findings, Kind, Picture, Weight
from convlens.audit.headers import header
from convlens.audit.marking import marking, policy, script
from convlens.audit.wording import counted
from convlens.data import Source, decode
from convlens.data.formats import quiet
from convlens.data.reading import Reader
from convlens.data.sources.source import Item
from convlens.data.tones import Tones
from convlens.data.toning import told
from convlens.pages import data_uri, embedded, render

MOST_CASES = 48
"""Cases of a finding that are shown; of more it is said how many."""

MOST_SHOTS = 6
"""Pictures of a case that are shown."""

MOST_THUMBNAILS = 600
"""On the whole page, which so stays within about 4 MB."""

SIDE = 160
"""Pixels of a thumbnail's longer side."""

SMALL = 48
"""Pixels a side up to which a picture is shown by its pixels."""


@dataclass(frozen=True, slots=True)
class Shot:
    """A thumbnail; ``uri`` is empty where the picture cannot be shown.

    ``listed`` is false of a file that is no picture of the data, so that no list can leave it out.
    """

    file: str
    alt: str
    uri: str = ""
    width: int = 0
    height: int = 0
    listed: bool = True

    @property
    def small(self) -> bool:
        """Whether its pixels are to be seen."""
        return max(self.width, self.height) <= SMALL


@dataclass(frozen=True, slots=True)
class ShownCase:
    """A case with its thumbnails; ``more`` pictures are not shown."""

    shots: tuple[Shot, ...]
    reason: str
    more: int


@dataclass(frozen=True, slots=True)
class ShownFinding:
    """A finding with the cases that are shown; ``left`` are not."""

    kind: Kind
    weight: Weight
    line: str
    advice: str
    cases: tuple[ShownCase, ...]
    left: int

    @property
    def pictured(self) -> bool:
        """Whether there is any thumbnail."""
        return any(shot.uri for case in self.cases for shot in case.shots)

    @property
    def grouped(self) -> bool:
        """Whether cases have several pictures."""
        return any(len(case.shots) > 1 for case in self.cases)

    @property
    def marks(self) -> int:
        """Pictures that can be marked."""
        shots = [shot for case in self.cases for shot in case.shots] if self.pictured else []
        return len({shot.file for shot in shots if shot.listed})


def report(
    found: Findings, source: Source, *, data: str | None = None, left_out: Sequence[str] = ()
) -> str:
    """The page on ``found``, the audit of ``source``, whose pictures are read again for it.

    ``data`` is how the user calls the source in a command. ``left_out`` are the names of pictures
    that ``source`` is without: the list that the page saves has them too.
    """
    items = {item.name: item for item in source.items}
    with Reader() as reader, quiet():
        album = _Album(items, reader, found.tones)
        shown = [album.finding(finding) for finding in found.findings]
    told = marking(found, source, data or found.source, left_out)
    return render(
        "convlens.audit",
        "report.html",
        policy=policy(),
        script=script(),
        told=told,
        marking=embedded(told),
        title=f"{found.source}: the audit",
        found=found,
        shown=shown,
        facts=facts(found),
        parts=list(found.classes[0].parts),
        most=max(1, *(one.pictures for one in found.classes)),
    )


def facts(found: Findings) -> str:
    """How many pictures of which size, in one line."""
    sizes = found.sizes
    classes = counted(len(found.classes), "class", "classes")
    line = f"{counted(found.pictures, 'picture')} in {classes}, "
    line += "in colour" if sizes.colour else "grey"
    if sizes.uniform:
        line += f", {sizes.median[0]}x{sizes.median[1]} pixels"
    else:
        ends = [f"{width}x{height}" for width, height in (sizes.least, sizes.largest)]
        line += f", {ends[0]} to {ends[1]} pixels, mostly about {sizes.median[0]}x{sizes.median[1]}"
    line = line if sizes.bytes is None else f"{line}, {amount(sizes.bytes)}"
    return "; ".join([line, *toned(found.tones)])


def toned(tones: Tones) -> list[str]:
    """How deep and transparent pictures are looked at, where there is anything to say of it."""
    said = [] if tones.range is None else [told(tones.range)]
    if tones.background != "white":
        said.append(f"transparent ones are laid over {tones.background}")
    return said


def amount(size: int) -> str:
    """Bytes as kB, MB or GB."""
    for unit, name in ((10**9, "GB"), (10**6, "MB")):
        if size >= unit:
            return f"{size / unit:.1f} {name}"
    return f"{size / 1000:.1f} kB"


class _Album:
    """Makes thumbnails until the page has enough of them."""

    def __init__(self, items: dict[str, Item], reader: Reader, tones: Tones) -> None:
        self.items, self.reader, self.tones = items, reader, tones
        self.left = MOST_THUMBNAILS

    def finding(self, finding: Finding) -> ShownFinding:
        cases = tuple(self._cases(finding))
        left = len(finding.cases) - len(cases)
        return ShownFinding(finding.kind, finding.weight, finding.line, finding.advice, cases, left)

    def _cases(self, finding: Finding) -> Iterator[ShownCase]:
        for case in finding.cases[:MOST_CASES]:
            if self.left <= 0:
                return
            shots = tuple(self._shot(one, case) for one in case.pictures[:MOST_SHOTS])
            yield ShownCase(shots, case.reason, len(case.pictures) - len(shots))

    def _shot(self, picture: Picture, case: Case) -> Shot:
        self.left -= 1
        item = self.items.get(picture.file)
        alt = f"{picture.file}: {case.reason}"
        if item is None:
            return Shot(picture.file, alt, listed=False)
        try:
            width, height, _ = header(self.reader, item)
            scale = min(1.0, SIDE / max(width, height, 1))
            width, height = max(1, round(width * scale)), max(1, round(height * scale))
            raw = self.reader.read(item.place)
            pixels = decode(
                raw, width=width, height=height, channels=3, tones=self.tones, name=item.name
            )
        except Exception:  # it is named as unreadable already, or has changed since
            return Shot(picture.file, alt)
        return Shot(picture.file, alt, data_uri(pixels), width, height)
