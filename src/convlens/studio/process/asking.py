"""What the server may ask of pictures and network, and who answers it."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from convlens.data import Geometry
from convlens.errors import SettingsError
from convlens.studio.process.blocks import Answer
from convlens.studio.process.desk import PATIENCE, Desk, Handler, Watched
from convlens.studio.process.gallery import Gallery
from convlens.studio.process.inbox import Request
from convlens.studio.process.slices import Slices
from convlens.studio.refusal import RefusedError

if TYPE_CHECKING:
    from convlens.lens.looking import Seen
    from convlens.studio.process.subject import Subject
    from convlens.studio.process.testing import Tester

KEPT_PASSES = 4
"""Passes of pictures through the network that are kept for other layers' views of them."""


class Asking:
    """Handlers of all requests that change nothing of the run."""

    def __init__(self, desk: Desk, gallery: Gallery, subject: Callable[[], Subject | None]) -> None:
        self.desk, self.gallery, self._subject = desk, gallery, subject
        self._passes: OrderedDict[object, Seen] = OrderedDict()
        self._tester: Tester | None = None

    def handlers(self) -> dict[str, Handler]:
        """By what is asked."""
        return {
            "view": self.view,
            "predict": self.predict,
            "snapshot": self.snapshot,
            "why": self.why,
            "picture": self.picture,
            "pictures": self.pictures,
            "put": self.put,
            "sample": self.sample,
            "test": self.test,
            "cell": self.cell,
            "worst": self.worst,
            "save": self.save,
            "model": self.model,
            "convnetjs": self.convnetjs,
        }

    @property
    def subject(self) -> Subject:
        """What is looked at. Raises RefusedError where there is nothing yet."""
        found = self._subject()
        if found is None:
            hint = "wait until the pictures are read"
            raise RefusedError("there is no network yet", hint, passing=True)
        return found

    @property
    def geometry(self) -> Geometry:
        """Size of the network's pictures."""
        return self.subject.model.preprocessing.geometry

    @property
    def tester(self) -> Tester:
        """Made when first asked for, since what it stands on takes time to load."""
        from convlens.studio.process.testing import Tester

        if self._tester is None:
            self._tester = Tester(
                self.gallery,
                lambda done, total: self.desk.outbox.tell(
                    "testing", {"done": done, "total": total}
                ),
            )
        return self._tester

    def forget(self, pictures: bool) -> None:
        """Another network: what was found before counts no more; with ``pictures`` others, too.

        While they are the same, the mistakes of the last test can still be looked at.
        """
        self._passes.clear()
        if pictures:
            self._tester = None

    def view(self, request: Request) -> Watched:
        """One layer for one picture."""
        from convlens.studio.process import viewing

        reference = request.text("picture")
        only = tuple(part for part in str(request.values.get("only") or "").split(",") if part)
        wanted = viewing.Wanted(
            request.text("layer"),
            request.whole("first", 0),
            request.whole("count", viewing.MOST_CHANNELS, low=1),
            only or viewing.ALL,
        )
        label = self._label(request)
        key = ("view", reference, wanted, label)

        def make() -> Answer:
            subject = self.subject
            target = None
            if viewing.GRADIENTS in wanted.only:
                target = (
                    self.gallery.find(reference, self.geometry).label if label is None else label
                )
                target = self._likeliest(subject, reference) if target is None else target
            seen = self._pass(subject, reference, target)
            told = {"unchanged": False, "step": subject.step, "picture": reference, "class": target}
            return viewing.view(subject, seen, wanted, told)

        return self._watched(request, key, make)

    def predict(self, request: Request) -> Watched:
        """Every class' probability for one picture."""
        from convlens.studio.process.trying import probabilities

        reference = request.text("picture")

        def make() -> Answer:
            subject = self.subject
            found = self.gallery.find(reference, self.geometry)
            return Answer(
                {
                    "unchanged": False,
                    "step": subject.step,
                    "picture": reference,
                    "probabilities": probabilities(subject, found.pixels),
                    "label": found.label,
                    "name": found.name,
                }
            )

        return self._watched(request, ("predict", reference), make)

    def snapshot(self, request: Request) -> Answer:
        """The numbers behind every cell."""
        from convlens.studio.process.looking import snapshot

        begun, reference = time.monotonic(), request.text("picture")
        found = self.gallery.find(reference, self.geometry)
        around = None
        if request.values.get("layer") is not None:
            around = request.text("layer"), request.whole("channel")
        answer = snapshot(self.subject, reference, found.name, found.pixels, around)
        self.desk.watching.spent(time.monotonic() - begun)
        return answer

    def why(self, request: Request) -> Slices[Answer]:
        """Which pixels speak for a class."""
        from convlens.studio.process.trying import why

        found = self.gallery.find(request.text("picture"), self.geometry)
        method = str(request.values.get("method") or "integrated")
        return why(self.subject, found.pixels, self._label(request), method)

    def picture(self, request: Request) -> Answer:
        """A picture as the network takes it."""
        from convlens.lens.tiles import png

        found = self.gallery.find(request.text("picture"), self.geometry)
        return Answer({"picture": request.text("picture")}, png(found.pixels))

    def pictures(self, request: Request) -> Answer:
        """Some pictures of a part."""
        part = str(request.values.get("part") or "test")
        offset, count = request.whole("offset", 0), request.whole("count", 50)
        return Answer(self.gallery.listed(part, self._label(request), offset, count))

    def through(self, work: Slices[Answer], between: Callable[[], None]) -> Answer:
        """Do ``work`` to its end, ``between`` its slices something else."""
        try:
            while True:
                next(work)
                between()
        except StopIteration as end:
            answer: Answer = end.value
            return answer
        finally:
            work.close()

    def put(self, request: Request) -> Answer:
        """Take a picture that the user brings."""
        name = str(request.values.get("name") or "")
        return Answer(self.gallery.put(name, request.blob, self.geometry))

    def sample(self, request: Request) -> Slices[Answer]:
        """Some pictures at random, and what is said of them."""
        part, count = str(request.values.get("part") or "test"), request.whole("count", 16, low=1)
        return self.tester.sample(self.subject, part, count, request.whole("seed", 0))

    def test(self, request: Request) -> Slices[Answer]:
        """All pictures of a part."""
        part = str(request.values.get("part") or "test")
        return self.tester.test(self.subject, part, bool(request.values.get("views")))

    def cell(self, request: Request) -> Answer:
        """Pictures of one class that were taken for another."""
        true, said = request.whole("true"), request.whole("said")
        offset, count = request.whole("offset", 0), request.whole("count", 50)
        return Answer(self.tester.remembered().cell(true, said, offset, count))

    def worst(self, request: Request) -> Answer:
        """The most confident mistakes."""
        offset, count = request.whole("offset", 0), request.whole("count", 50)
        return Answer(self.tester.remembered().worst(offset, count))

    def save(self, request: Request) -> Slices[Answer]:
        """Write a model file."""
        from convlens.studio.process.saving import save

        return save(self.subject, Path(request.text("path")))

    def model(self, request: Request) -> Slices[Answer]:
        """A model file's content."""
        from convlens.studio.process.saving import model_file

        return model_file(self.subject)

    def convnetjs(self, request: Request) -> Slices[Answer]:
        """A snapshot for ConvNetJS."""
        from convlens.studio.process.saving import convnetjs

        return convnetjs(self.subject)

    def _watched(self, request: Request, key: object, make: Callable[[], Answer]) -> Watched:
        assert self.subject  # or who asks is told at once that there is none
        return Watched(
            request,
            key,
            lambda: self.subject.version,
            lambda: self.subject.step,
            make,
            time.monotonic() + PATIENCE,
        )

    def _label(self, request: Request) -> int | None:
        """The class asked for, if any. Raises SettingsError where there is no such class."""
        if request.values.get("class") is None:
            return None
        label, classes = request.whole("class"), self.subject.model.classes
        if label >= len(classes):
            raise SettingsError(
                f"there is no class {label}", f"there are {len(classes)}, from 0 on"
            )
        return label

    def _pass(self, subject: Subject, reference: str, target: int | None) -> Seen:
        """The picture's way through the network, computed once for all layers."""
        from convlens.studio.process.viewing import seen_in

        key = (subject.version, reference, target)
        if key not in self._passes:
            found = self.gallery.find(reference, self.geometry)
            self._passes[key] = seen_in(subject, found.pixels, target)
            while len(self._passes) > KEPT_PASSES:
                self._passes.popitem(last=False)
        return self._passes[key]

    def _likeliest(self, subject: Subject, reference: str) -> int:
        return int(self._pass(subject, reference, None).scores[0].argmax())
