"""The process' main loop: carries out the server's commands, one after the other."""

from __future__ import annotations

import sys
import traceback
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convlens.errors import ConvLensError, RunError
from convlens.errors.surroundings import fault_behind
from convlens.modelfields import fact
from convlens.pipeline import Event, Reading, train
from convlens.studio.process.asking import Asking
from convlens.studio.process.attendant import Attendant, LeftError, Orders
from convlens.studio.process.blocks import Answer
from convlens.studio.process.desk import Desk, Handler
from convlens.studio.process.ended import Ended
from convlens.studio.process.gallery import Gallery
from convlens.studio.process.inbox import Inbox, Request
from convlens.studio.process.opening import Opening, further, model_of, opening, same_pictures
from convlens.studio.process.outbox import Outbox
from convlens.studio.process.telling import Teller
from convlens.training.events import WentBack

if TYPE_CHECKING:
    from convlens.data import Dataset
    from convlens.pipeline import Outcome, Settings, Work
    from convlens.studio.process.subject import Subject


class Loop:
    """Takes commands until there is nobody left to give any."""

    def __init__(self, inbox: Inbox, outbox: Outbox) -> None:
        self.inbox, self.desk, self.gallery = inbox, Desk(inbox, outbox), Gallery()
        self.teller = Teller(outbox.tell)
        self.orders = Orders()
        self.subject: Subject | None = None
        self.attendant: Attendant | None = None  # of the run in progress
        self.ended: Ended | None = None  # the run that was in progress before
        self.read: tuple[Settings, Dataset] | None = None
        self.asking = Asking(self.desk, self.gallery, lambda: self.subject)
        self.desk.handlers = {**self.asking.handlers(), **self._commands()}

    def run(self) -> None:
        """Until the end of the requests."""
        while not self.inbox.closed:
            self.desk.serve(training=False)
            request, self.orders.next = self.orders.next, None
            if request is None:
                self.inbox.wait(self.desk.rest)
            elif request.do == "quit":
                self.inbox.close()
            else:
                self._carry_out(request)
        self.desk.give_up("the studio is ending")

    def _carry_out(self, request: Request) -> None:
        """Do what takes its time; what goes wrong is told, and the process lives on."""
        try:
            match request.do:
                case "open":
                    self._open(opening(request.values), bool(request.values.get("go")))
                case "look":
                    self._look(Path(request.text("model")))
                case "extend":
                    self._extend(request.values.get("epochs"))
        except LeftError:
            pass  # for the next command
        except ConvLensError as error:
            self._failed(error.message, error.hint)
        except MemoryError:
            self._failed("there is not enough memory", "take a smaller size, batch or network")
        except Exception as error:
            if fault := fault_behind(error):
                self._failed(fault.message, fault.hint)
                return
            traceback.print_exc(file=sys.stderr)
            self._failed(
                f"that went wrong inside ConvLens: {type(error).__name__}: {error}",
                "the terminal has the details; what was saved last can be gone on with",
            )
        finally:
            self.attendant = self.teller.run = None
            if self.ended is not None and self.ended.run is not None:
                self.ended.finish(stopped=True)

    def _failed(self, message: str, hint: str | None) -> None:
        self.teller.failed(message, hint)

    def _open(self, opened: Opening, going: bool, waiting: dict[str, Any] | None = None) -> None:
        """Begin a run, or go on with one, until it ends or another command comes."""
        self.desk.give_up("the run that it was about has ended")
        self.orders = Orders(going=going)
        self.teller.phase("reading")
        before, dataset = self.read or (None, None)
        if not same_pictures(opened.settings, before, dataset):
            dataset = None
        if opened.finished is not None:
            self._show(opened, dataset)
            return
        attendant = Attendant(self.desk, self.teller, self.orders, self._begun, opened.carry)
        attendant.waiting, attendant.before = waiting or {}, opened.before
        self.teller.before = opened.before
        self.attendant, self.ended = attendant, Ended(opened)
        outcome = train(
            opened.settings,
            self._listen,
            lambda: self.orders.stop,
            keep=opened.keep,
            attend=attendant,
            dataset=dataset,
            carry=None if opened.carry is None else opened.carry.weights,
            normalisation=None if opened.carry is None else opened.carry.learned_on,
        )
        self._finish(outcome)

    def _extend(self, epochs: float | None) -> None:
        """Let a run that has ended learn on, for so many epochs more or for what was left."""
        if self.ended is None:
            raise RunError("there is no run to go on with", "begin one")
        again = further(self.ended.opened, self.ended.length, epochs)
        self._open(again, True, self.ended.waiting)

    def _begun(self, work: Work, subject: Subject) -> None:
        """A run is built: from here on it is what is looked at."""
        assert self.ended is not None
        self.ended.run = work.run
        self._turn_to(subject, work.dataset)
        self.read = (work.settings, work.dataset)

    def _turn_to(self, subject: Subject, dataset: Dataset | None) -> None:
        self.asking.forget(pictures=dataset is not self.gallery.dataset)
        self.subject, self.gallery.dataset = subject, dataset

    def _listen(self, event: Event) -> None:
        self.teller.event(event)
        if isinstance(event, Reading):
            self._serve()
        elif isinstance(event, WentBack):
            if self.subject is not None:
                self.subject.renewed()
            if not self.orders.going:
                self.orders.pause()

    def _serve(self) -> None:
        """Answer while something else takes its time, and give that up for another command."""
        self.desk.serve(training=False)
        if self.orders.next is not None or self.inbox.closed:
            raise LeftError

    def _finish(self, outcome: Outcome) -> None:
        """Tell what a run came to, and look at its best network from now on."""
        assert self.subject is not None
        assert self.ended is not None
        learned = outcome.learned
        self.subject.settled(outcome.classifier.model, learned.best.step)
        self.ended.finish(learned.stopped)
        told = outcome.to_json()
        tested = {name: told[name] for name in ("test_accuracy", "test_accuracy_views")}
        if learned.stopped and self.gallery.dataset is not None and self.gallery.dataset.test:
            work = self.asking.tester.test(self.subject, "test", True)
            found = self.asking.through(work, self._serve).document
            tested = {"test_accuracy": found["accuracy"]}
            tested["test_accuracy_views"] = found["accuracy_views"]
        self._tell_finished({**told, **tested})

    def _tell_finished(self, result: dict[str, Any]) -> None:
        names = ("test_accuracy", "test_accuracy_views", "validation_accuracy", "seconds")
        told = {name: result.get(name) for name in (*names, "model", "stopped")}
        self.teller.tell("finished", told)
        self.teller.phase("finished")

    def _show(self, opened: Opening, dataset: Dataset | None) -> None:
        """A run that has ended, as it is in its folder."""
        from convlens.pipeline.prepare import prepare, read
        from convlens.studio.process.ready import of_finished
        from convlens.studio.process.subject import Subject

        assert opened.finished is not None
        model, result = model_of(opened), opened.finished
        if dataset is None:
            prepared = prepare(opened.settings)
            with prepared.loading or nullcontext():
                dataset = read(prepared, self._listen)
        self.read = (opened.settings, dataset)
        self.ended = Ended.of_result(opened, model, result)
        steps = self.ended.steps
        self._turn_to(Subject(model, step=lambda: steps), dataset)
        self.teller.tell("ready", of_finished(opened.settings, dataset, model, self.ended))
        self._tell_finished(result)

    def _look(self, path: Path) -> None:
        """A trained network, without any data."""
        from convlens.classifier import Classifier
        from convlens.studio.process.ready import of_model
        from convlens.studio.process.subject import Subject

        self.desk.give_up("another network is looked at")
        self.teller.phase("reading")
        classifier = Classifier.load(path)
        self.ended = None
        steps = fact(classifier.training, "step") or 0
        self._turn_to(Subject(classifier.model, step=lambda: steps), None)
        self.teller.tell("ready", of_model(classifier, path.name))
        self.teller.phase("looking")

    def _commands(self) -> dict[str, Handler]:
        return {
            "open": self._next,
            "look": self._next,
            "quit": self._next,
            "extend": self._extended,
            "go": self._go,
            "pause": self._pause,
            "step": self._step,
            "stop": self._stop,
            "knobs": self._knobs,
        }

    def _next(self, request: Request) -> Answer:
        """End what is going on, and do this."""
        self.orders.next = request
        return Answer({})

    def _extended(self, request: Request) -> Answer:
        """Learn for longer."""
        epochs = request.values.get("epochs")
        if self.attendant is None:
            self._run_that_ended()
            return self._next(request)
        if epochs is not None:
            self.attendant.lengthen(float(epochs))
        return Answer({})

    def _go(self, request: Request) -> Answer:
        if self.attendant is None:
            if not self._run_that_ended().stopped:
                raise RunError("the run is finished", "let it learn for longer, or begin anew")
            return self._next(Request(request.id, "extend"))
        self.orders.going = True
        return Answer({})

    def _pause(self, request: Request) -> Answer:
        self.orders.pause()
        self._running().save_soon()
        return Answer({})

    def _step(self, request: Request) -> Answer:
        self._running().step()
        return Answer({})

    def _stop(self, request: Request) -> Answer:
        self._running()
        self.orders.stop = True
        return Answer({})

    def _knobs(self, request: Request) -> Answer:
        if self.attendant is not None:
            return Answer(self.attendant.turn(request.values))
        return Answer(self._run_that_ended().turn(request.values))

    def _running(self) -> Attendant:
        if self.attendant is None:
            raise RunError("no training is going on", "begin one, or let the last learn for longer")
        return self.attendant

    def _run_that_ended(self) -> Ended:
        if self.ended is None:
            raise RunError("there is no run here", "begin one")
        return self.ended
