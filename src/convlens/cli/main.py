"""``convlens``: finds the command, and turns errors into one line, a hint and an exit status."""

from __future__ import annotations

import gc
import importlib
import keyword
import sys
import time

import click

from convlens import __version__
from convlens.errors import ConvLensError, NotationError
from convlens.errors.surroundings import check_folder, fault_behind
from convlens.terminal.streams import ReaderGoneError, fill_closed_descriptors, guarded

BEGUN = time.monotonic()
"""When the command began: ``--budget`` counts from here."""

COMMANDS = {
    "check": "Look for what in the pictures would spoil a training.",
    "train": "Train a network on pictures and write a model file.",
    "studio": "Train and look inside in the browser, while it learns.",
    "runs": "List trainings: running, unfinished, finished.",
    "predict": "Classify pictures.",
    "evaluate": "Measure a model on pictures with known classes.",
    "scan": "Slide a network over a larger picture: what is where.",
    "look": "Write a page that shows what a model sees, layer by layer, and why.",
    "net": "Show a network layer by layer: volumes, parameters, work.",
    "zoo": "List the networks that have names.",
    "relabel": "Give the classes of a model other names.",
    "import": "Make a model file of weights trained elsewhere.",
    "export": "Write a model in a form that works elsewhere.",
}
"""Every command with its line in ``convlens --help``, which must not import them to show it."""

IN_A_FOLDER = ("check", "train", "studio", "evaluate", "scan", "look", "import")
"""Commands that compute by torch, whose libraries are not found from a folder that is gone."""

FAILED = 1


class Commands(click.Group):
    """A group whose commands are imported only when they run."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of a day's work."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, or None."""
        if cmd_name not in COMMANDS:
            return None
        home = f"{cmd_name}_" if keyword.iskeyword(cmd_name) else cmd_name
        command = getattr(importlib.import_module(f"convlens.cli.{home}"), home)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list in ``--help``, without importing any command."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="convlens")
@click.pass_context
def cli(context: click.Context, /) -> None:
    """Convolutional networks for your pictures: say one, train it, look inside, take it along.

    \b
    convlens train digits                      try it on handwritten digits that come along
    convlens train photos/ --budget 2m         a folder with a subfolder for each class
    convlens predict photos.safetensors a.jpg  what is in this picture?
    convlens studio                            watch a network learn, in the browser
    """
    wants_help = not {"-h", "--help"}.isdisjoint(context.obj)
    if context.invoked_subcommand in IN_A_FOLDER and not wants_help:
        check_folder()


def main() -> None:
    """Run the command line and exit: 0 done, 1 failed, 2 wrong usage, 130 or 143 interrupted."""
    fill_closed_descriptors()
    status = run(sys.argv[1:])
    gc.freeze()  # the end would otherwise visit every object of torch, which takes half a second
    sys.exit(status)


def run(arguments: list[str]) -> int:
    """Run one command; returns the exit status."""
    with guarded():
        try:
            status = _status(arguments)
            sys.stdout.flush()
        except ReaderGoneError:  # as `| head` goes: there is nobody to tell
            return FAILED
        except ConvLensError as error:
            complain(error)
            return FAILED
        except Exception as error:
            fault = fault_behind(error)
            if fault is None:
                raise
            complain(fault)
            return FAILED
        return status


def _status(arguments: list[str]) -> int:
    """The exit status of the command, wrong usage and interrupts told."""
    try:
        result = cli.main(
            arguments or ["--help"], prog_name="convlens", standalone_mode=False, obj=arguments
        )
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (KeyboardInterrupt, click.Abort) as error:
        from convlens.cli.signals import INTERRUPTED, TERMINATED, Terminated

        click.echo("interrupted", err=True)
        ended = isinstance(error.__cause__ or error, Terminated)  # click wraps what it catches
        return TERMINATED if ended else INTERRUPTED
    return result if isinstance(result, int) else 0


def complain(error: ConvLensError) -> None:
    """Say on stderr what is wrong, where, and what to do."""
    if isinstance(error, NotationError):
        click.echo(f"error: {error}", err=True)
        return
    click.echo(f"error: {error.message}", err=True)
    if error.hint:
        click.echo(f"  {error.hint}", err=True)
