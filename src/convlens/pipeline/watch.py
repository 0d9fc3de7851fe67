"""Shows training: a live line on a terminal or in a notebook, a plain line a look elsewhere.

Lines go to stderr, in a notebook below its cell.
"""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.live import Live
from rich.text import Text

from convlens.errors.characters import printable
from convlens.pipeline import Event, FoldDone, Note, Reading, Ready, Resumed
from convlens.terminal.console import console_on
from convlens.training.events import BatchSplit, EpochDone, Learned, StepDone, Warned, WentBack

REFRESH = 0.1  # seconds
NOTEBOOK_REFRESH = 0.25  # each is a message to a browser
BAR = 8  # characters: the live line is to fit 80 columns


class Watch(ExitStack):
    """A listener to give to ``pipeline.train``; a context, so that the terminal is left tidy.

    With ``closing`` a line at the end says what was reached, where no summary follows.
    """

    def __init__(self, quiet: bool, closing: bool = False) -> None:
        super().__init__()
        self.console = console_on(sys.stderr, soft_wrap=not sys.stderr.isatty())
        self.quiet, self.closing = quiet, closing
        self.live = _live_line(self.console)
        self.last: EpochDone | None = None
        self._refresh_after = NOTEBOOK_REFRESH if self.console.is_jupyter else REFRESH
        self._shown = 0.0

    def __enter__(self) -> Self:
        if (self.console.is_terminal or self.console.is_jupyter) and not self.quiet:
            self.enter_context(self.live)
        return self

    def __call__(self, event: Event) -> None:
        """Show ``event``, or keep it to show with the next."""
        if self.quiet:
            return
        match event:
            case Note():
                self._say(Text(printable(event.text)))
            case Ready():
                self._introduce(event)
            case FoldDone():
                self.last = None
                self._say(Text(fold_line(event)))
            case Resumed() | WentBack() | BatchSplit() | Warned():
                self._say(Text(printable(happening(event))))
            case EpochDone():
                self.last = event
                if not self.live.is_started:
                    self._say(Text(look_line(event)))
            case Learned():
                if self.closing:
                    self._say(Text(learned_line(event)))
            case Reading() | StepDone():
                self._refresh(event)

    def _introduce(self, ready: Ready) -> None:
        parts = f"{ready.train:,} training, {ready.validation:,} validation"
        parts += f", {ready.test:,} test pictures" if ready.test else " pictures"
        network = f"{ready.architecture}\n{ready.parameters:,} parameters on {ready.engine}"
        source = printable(ready.source)
        self._say(Text(f"{source}: {len(ready.classes)} classes; {parts}"))
        self._say(Text(network), soft_wrap=False)

    def _say(self, text: Text, soft_wrap: bool | None = None) -> None:
        """Print what stays, above the live line."""
        if isinstance(self.live, NotebookLine):
            self.live.say(text)
        else:
            self.console.print(text, soft_wrap=soft_wrap)

    def _refresh(self, event: Reading | StepDone) -> None:
        now = time.monotonic()
        if self.live.is_started and now - self._shown >= self._refresh_after:
            self._shown = now
            line = (
                reading_line(event) if isinstance(event, Reading) else step_line(event, self.last)
            )
            self.live.update(Text(line, no_wrap=True, overflow="ellipsis"), refresh=True)


class NotebookLine:
    """The live line of a notebook, in one output below the cell that is brought up to date.

    rich's own needs ipywidgets, and without them gives a warning each time.
    """

    def __init__(self) -> None:
        self.is_started = False
        self._said: list[str] = []
        self._output: Any = None

    def __enter__(self) -> Self:
        self.is_started = True
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.is_started = False

    def say(self, text: Text) -> None:
        """Show ``text``, which stays, in the place of the line."""
        self._said.append(text.plain)
        self._show(self._said)

    def update(self, line: Text, refresh: bool = True) -> None:
        """Show ``line`` below what was said, in the place of the one before."""
        self._show([*self._said, line.plain])

    def _show(self, lines: list[str]) -> None:
        from IPython.display import display

        shown = {"text/plain": "\n".join(lines)}
        if self._output is None:
            self._output = display(shown, raw=True, display_id=True)
        else:
            self._output.update(shown, raw=True)


def _live_line(console: Console) -> Live | NotebookLine:
    if console.is_jupyter:
        return NotebookLine()
    return Live(console=console, auto_refresh=False, transient=True)


def happening(event: Resumed | WentBack | BatchSplit | Warned) -> str:
    """A line about what does not happen in every run."""
    match event:
        case Resumed():
            return f"going on with {event.run} after step {event.step:,}, epoch {event.epochs:.4g}"
        case Warned():
            return f"warning: {event.text}"
        case WentBack():
            return (
                f"note: the {event.what} of step {event.step:,} is not finite; back to step "
                f"{event.to:,}, the learning rate times {event.rate:g} from now on"
            )
        case BatchSplit():
            return (
                f"note: the memory is too small for the batch; it is taken {event.pictures:,} "
                f"pictures at a time (batch-norms measure each {event.pictures:,} by themselves)"
            )


def fold_line(event: FoldDone) -> str:
    """What came out of a fold."""
    return f"fold {event.fold} of {event.folds}: accuracy {event.accuracy:.2%} of {event.n:,}"


def reading_line(event: Reading) -> str:
    """How far reading has come."""
    return f"reading {bar(event.done / max(event.total, 1))} {event.done:,} of {event.total:,}"


def step_line(event: StepDone, last: EpochDone | None) -> str:
    """The live line: progress, epoch, loss, accuracies, speed and time left, in 80 columns."""
    accuracies = ""
    if last is not None:
        accuracies = f"  train {last.train_accuracy:.1%} val {last.validation_accuracy:.1%}"
    return (
        f"{bar(event.progress)} epoch {event.epochs:.1f}  loss {event.loss:.2f}{accuracies}"
        f"  {event.pictures_per_second:,.0f}/s  {clock(event.seconds_left)} left"
    )


def look_line(event: EpochDone) -> str:
    """The plain line of one look at the validation part."""
    return (
        f"epoch {event.epochs:6.2f}  loss {event.loss:.4f}  train {event.train_accuracy:6.2%}  "
        f"validation {event.validation_accuracy:6.2%}  {event.pictures_per_second:7,.0f}/s  "
        f"{clock(event.seconds_left)} left"
    )


def learned_line(event: Learned) -> str:
    """What was reached, and in what time."""
    return (
        f"learned for {event.epochs:.4g} epochs in {clock(event.seconds)}: "
        f"validation {event.best.validation_accuracy:.2%}"
    )


def bar(share: float) -> str:
    """A bar of fixed width, ``share`` of it full."""
    full = round(BAR * min(max(share, 0.0), 1.0))
    return "━" * full + "╌" * (BAR - full)


def clock(seconds: float) -> str:
    """Seconds as ``1:02:03`` or ``2:03``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
