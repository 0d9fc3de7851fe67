"""``convlens train``."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from convlens.cli.labelling import labelling_options
from convlens.cli.main import BEGUN
from convlens.cli.output import output_json
from convlens.cli.types import (
    CHANGES,
    DURATION,
    FREEZE,
    HELD_BACK,
    MODEL_OUT,
    SHARE,
    SHOW,
    SIZE,
)

if TYPE_CHECKING:
    from convlens.pipeline import Keep, Settings


@click.command()
@click.argument("data", required=False, metavar="DATA")
@click.option("--net", metavar="TEXT|FILE|NAME", help="The network; left out: one that suits.")
@click.option("--from", "base", type=click.Path(path_type=Path), metavar="MODEL",
              help="Go on from a trained model, with a new head.")  # fmt: skip
@click.option("--freeze", type=FREEZE, metavar="N|all-but-head",
              help="Hold its first layers with weights still.")  # fmt: skip
@click.option("--out", type=MODEL_OUT, metavar="FILE", help="The model file.")
@click.option("--epochs", type=click.FloatRange(0, 100_000, min_open=True), metavar="N",
              help="Passes over the training pictures.")  # fmt: skip
@click.option("--budget", type=DURATION, metavar="TIME",
              help="Time for the whole command: 90s, 5m, 1h.")  # fmt: skip
@click.option("--target", type=SHARE, metavar="SHARE",
              help="Train until so much of the validation part is right: 90%.")  # fmt: skip
@click.option("--batch", type=click.IntRange(1, 65536), metavar="N", help="Pictures in a step.")
@click.option("--lr", type=click.FloatRange(0, 10, min_open=True), metavar="X",
              help="Learning rate, as a multiple of the recipe's.  [default: 1]")  # fmt: skip
@click.option("--recipe", type=CHANGES, multiple=True, metavar="show|NAME=VALUE,...",
              help="Show this training's recipe, or change it: method=sgd,flip=no.")  # fmt: skip
@click.option("--size", type=SIZE, metavar="WxH", help="Size that pictures are brought to.")
@click.option(
    "--seed", type=click.IntRange(0, 2**31 - 1), default=0, show_default=True, metavar="N"
)
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto",
              show_default=True)  # fmt: skip
@click.option("--fit", type=click.Choice(["stretch", "crop", "pad"]),
              help="How pictures of other shapes come to size.  [default: stretch]")  # fmt: skip
@labelling_options
@click.option("--test-share", type=HELD_BACK, metavar="SHARE",
              help="Held back as a test part where DATA has none; 0 trains on all.  "
              "[default: 20%]")  # fmt: skip
@click.option("--group-by", metavar="PATTERN",
              help="Regular expression over paths: what its (…) finds, such as a patient or a "
              "video, stays on one side of the split.")  # fmt: skip
@click.option("--balance", type=click.Choice(["weight", "resample"]),
              help="Small classes count like large ones: by the weight of their pictures, or by "
              "showing these more often.  [default: every picture counts alike]")  # fmt: skip
@click.option("--without", type=click.Path(path_type=Path), metavar="LIST",
              help="Leave out the pictures that a list names, one in each line, as the page of "
              "`convlens check --html` saves it.")  # fmt: skip
@click.option("--folds", type=click.IntRange(2, 100), metavar="K",
              help="Cross-validate: K trainings, each judged by another part.")  # fmt: skip
@click.option("--no-cache", is_flag=True, help="Do not keep decoded pictures for the next time.")
@click.option("--resume", metavar="RUN", help="Go on with a run: its folder, or its name in runs/.")
@click.option("--fresh", is_flag=True, help="Begin anew where the same command is unfinished.")
@click.option("--anyway", is_flag=True, help="Go on although data, network or recipe changed.")
@click.option("--runs", type=click.Path(path_type=Path, file_okay=False), metavar="FOLDER",
              help="Where run folders go.  [default: runs, beside the model]")  # fmt: skip
@click.option("--tensorboard", is_flag=True, help="Write files for TensorBoard to the run folder.")
@click.option("--quiet", is_flag=True, help="No progress.")
@click.option("--json", "as_json", is_flag=True, help="The result as one JSON document.")
@click.pass_context
def train(
    context: click.Context,
    /,
    data: str | None,
    quiet: bool,
    as_json: bool,
    no_cache: bool,
    tensorboard: bool,
    folds: int | None,
    **options: Any,
) -> int:
    """Train a network on DATA and write a model file.

    DATA is a folder with a subfolder for each class (or train/ and test/ with such subfolders), a
    .zip or .tar of one, an .npz of arrays, or the word digits for the handwritten digits that come
    along.

    What is interrupted goes on with the same command, or with --resume.

    Near duplicates are kept on one side of the split, and with --group-by whatever belongs
    together. --balance weight costs nothing; --balance resample shows the pictures of small classes
    again and again, each time varied. Either raises the balanced accuracy, often at the expense of
    the plain one.
    """
    from convlens import pipeline
    from convlens.cli.signals import Interruption
    from convlens.pipeline.watch import Watch

    if options["epochs"] is not None and options["budget"] is not None:
        raise click.UsageError("--epochs and --budget both say how long to train: give one")
    if options["freeze"] is not None and options["base"] is None and options["resume"] is None:
        raise click.UsageError("--freeze holds the layers of a model still: say which with --from")
    if options["base"] is not None and options["net"] is not None:
        raise click.UsageError("--from and --net both say which network: give one")
    changes = options["recipe"]
    options["recipe"] = {name: v for one in changes if one != SHOW for name, v in one.items()}
    if SHOW in changes:
        show_recipe(data, options, as_json, quiet, cache=not no_cache)
        return 0
    if folds is not None:
        options |= {"cache": not no_cache, "tensorboard": tensorboard}
        return cross_validate(data, folds, quiet, as_json, options)
    settings, keep = placed(context, data, options, cache=not no_cache)
    with Interruption() as interruption, Watch(quiet) as watch:
        listeners: list[Callable[[pipeline.Event], None]] = [watch]
        if tensorboard:
            from convlens.pipeline.tensorboard import Board

            listeners.append(Board(keep.folder / "tensorboard"))

        def listen(event: pipeline.Event) -> None:
            for one in listeners:
                one(event)

        outcome = pipeline.train(settings, listen, interruption.asked, BEGUN, keep)
    if as_json:
        output_json(outcome.to_json())
    else:
        from convlens.cli.summary import print_summary

        print_summary(outcome)
    return interruption.status if outcome.learned.stopped else 0


def show_recipe(
    data: str | None, options: dict[str, Any], as_json: bool, quiet: bool, cache: bool
) -> None:
    """Print the recipe that the same command without ``show`` would train by."""
    from rich.table import Table

    from convlens import pipeline
    from convlens.cli.output import output
    from convlens.pipeline.watch import Watch
    from convlens.training.recipe import shown

    if data is None:
        raise click.UsageError("Missing argument 'DATA': a recipe suits its pictures.")
    elsewhere = ("fresh", "anyway", "resume", "runs", "out")
    chosen = {name: value for name, value in options.items() if name not in elsewhere}
    with Watch(quiet) as watch:
        recipe = pipeline.recipe(pipeline.Settings(data=data, cache=cache, **chosen), watch)
    if as_json:
        output_json(recipe.to_json())
        return
    table = Table(box=None, pad_edge=False, show_header=False)
    for entry in recipe.entries():
        table.add_row(entry.name, shown(entry.value), entry.meaning)
    output(table)


KEPT = ("out", "resume", "fresh", "anyway", "runs", "tensorboard")
"""Options of what a training leaves behind, which a cross-validation does not."""


def cross_validate(
    data: str | None, folds: int, quiet: bool, as_json: bool, options: dict[str, Any]
) -> int:
    """``train --folds``."""
    from convlens import pipeline
    from convlens.cli.signals import Interruption
    from convlens.pipeline.watch import Watch

    kept = [name for name in KEPT if options.pop(name, None)]
    if kept:
        raise click.UsageError(
            f"--folds measures and keeps nothing, so --{kept[0]} does not go with it: train once "
            "more without --folds for a model"
        )
    if options["test_share"] is not None:
        raise click.UsageError("--folds judges by each fold in its turn: leave --test-share out")
    if data is None:
        raise click.UsageError("Missing argument 'DATA'.")
    settings = pipeline.Settings(data=data, **options)
    with Interruption() as interruption, Watch(quiet) as watch:
        found = pipeline.cross_validate(settings, folds, watch, interruption.asked, BEGUN)
    if as_json:
        output_json(found.to_json())
    else:
        from convlens.cli.summary import print_folds

        print_folds(found)
    return interruption.status if found.stopped else 0


def placed(
    context: click.Context, data: str | None, options: dict[str, Any], cache: bool
) -> tuple[Settings, Keep]:
    """What to train and where to keep it, going by what was given and what is there."""
    from convlens.pipeline import Keep, Settings
    from convlens.pipeline.placing import RUNS, folder_for, found, resumed, unfinished

    flags = {name: options.pop(name) for name in ("fresh", "anyway")}
    resume, runs = options.pop("resume"), options.pop("runs")
    command = shlex.join(["convlens", *context.find_root().obj])
    if resume is not None and flags["fresh"]:
        raise click.UsageError("--resume goes on and --fresh begins anew: give one")
    if resume is not None:
        folder = found(resume, runs)
        given = {name: options[name] for name in options if _is_given(context, name)}
        given |= {"cache": cache} | ({} if data is None else {"data": data})
        keep = Keep(folder, resume=True, command=command, anyway=flags["anyway"])
        return resumed(folder, given), keep
    if data is None:
        raise click.UsageError("Missing argument 'DATA'.")
    settings = Settings(data=data, cache=cache, **options)
    if settings.out is not None:
        return settings, Keep(folder_for(settings.out, runs), command=command, **flags)
    places = unfinished(settings, runs or Path(RUNS)) or _free_places(data, runs)
    return replace(settings, out=places[0]), Keep(places[1], command=command, **flags)


def _is_given(context: click.Context, name: str) -> bool:
    return context.get_parameter_source(name) == ParameterSource.COMMANDLINE


def _free_places(data: str, runs: Path | None) -> tuple[Path, Path]:
    """A model file and a run folder that are not there yet."""
    from convlens.pipeline.placing import folder_for, is_taken

    out = free_path(data, lambda path: is_taken(path, runs))
    return out, folder_for(out, runs)


def free_path(data: str, taken: Callable[[Path], bool] = lambda path: False) -> Path:
    """``<name of the data>.safetensors`` in this folder, numbered where there is one already.

    A name of which ``taken`` is true is passed over too.
    """
    from convlens.files import free_path as free

    name = os.path.basename(os.path.realpath(data)).split(".")[0] or "model"  # noqa: PTH119
    return free(name, ".safetensors", taken)
