"""``convlens studio``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from convlens.cli.labelling import labelling_of, labelling_options
from convlens.cli.types import CHANGES, SHOW, SIZE
from convlens.errors.characters import printable

if TYPE_CHECKING:
    from convlens.studio.place import Place
    from convlens.studio.run import Asked
    from convlens.studio.subject import Subject


@click.command()
@click.argument("data", default="digits", metavar="[DATA|MODEL]")
@click.option("--net", metavar="TEXT|FILE|NAME", help="The network; left out: one that suits.")
@click.option("--epochs", type=click.FloatRange(0, 100_000, min_open=True), metavar="N",
              help="Passes over the training pictures.")  # fmt: skip
@click.option("--recipe", type=CHANGES, multiple=True, metavar="NAME=VALUE,...",
              help="Change the recipe that training begins with: batch=256,flip=no.")  # fmt: skip
@click.option("--size", type=SIZE, metavar="WxH", help="Size that pictures are brought to.")
@labelling_options
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), metavar="N",
              help="[default: 0]")  # fmt: skip
@click.option("--no-cache", is_flag=True, help="Do not keep decoded pictures for the next time.")
@click.option("--runs", type=click.Path(path_type=Path, file_okay=False), metavar="FOLDER",
              help="Where runs are kept.  [default: runs]")  # fmt: skip
@click.option("--paused", is_flag=True, help="Begin without training.")
@click.option("--port", type=click.IntRange(0, 65535), metavar="N",
              help="Where the page is served.  [default: 8763 or the next free]")  # fmt: skip
@click.option("--host", default="127.0.0.1", show_default=True, metavar="ADDRESS",
              help="Another address than this computer's own lets others in.")  # fmt: skip
@click.option("--no-browser", is_flag=True, help="Do not open the page.")
def studio(data: str, port: int | None, host: str, no_browser: bool, **options: Any) -> int:
    """Train and look inside in the browser: the network learns before your eyes.

    DATA is what convlens train takes; left out, the handwritten digits that come along. With a
    MODEL (.safetensors) there is nothing to train, all else is as ever.

    The page's address is printed; it holds a token without which nothing is answered. Ctrl-C ends
    the studio, and the same command goes on where it was.

    \b
    convlens studio
    convlens studio photos/ --net "[CONV - RELU - POOL]*3 - FC"
    convlens studio photos.safetensors
    """
    from dataclasses import replace
    from signal import SIGINT

    from convlens.cli.signals import INTERRUPTED, TERMINATED
    from convlens.studio.serving import LOOPBACK, PORT, listen, outward
    from convlens.studio.session import Session
    from convlens.studio.studio import Manner, run
    from convlens.studio.subject import subject_of

    subject = subject_of(data, options["size"], labelling_of(options))
    asked = _asked(options, subject)
    place, note = _place(options["runs"], subject)
    with place:
        listening = listen(host, port, place.port)
        if host not in LOOPBACK:
            _say(EXPOSED.format(host=host))
        for one in outward(host):
            _say(f"from elsewhere: {replace(listening, host=one).address(place.token)}")
        if port is None and listening.port != (place.port or PORT):
            _say(f"port {place.port or PORT} is in use; this is {listening.port}")
        session = Session(place, subject, asked)
        if note is not None:
            _say(f"note: {note}")
            session.note(note, "warning")
        click.echo(listening.address(place.token))
        _say("Ctrl-C ends the studio; what was learned is kept")
        manner = Manner(paused=options["paused"], browser=not no_browser)
        return INTERRUPTED if run(session, listening, manner, _say) == SIGINT else TERMINATED


EXPOSED = (
    "anybody who can reach {host} and knows the address with its token can see the pictures and "
    "use this computer to train, and what is sent is not encrypted"
)
"""What another host than this computer's own means."""


def _asked(options: dict[str, Any], subject: Subject) -> Asked:
    """What the first run begins with, its network checked. Raises ConvLensError."""
    from convlens.defaults import BREADTH, network_for
    from convlens.notation import resolve
    from convlens.studio.fitting import check_memory, free_room, planned
    from convlens.studio.run import Asked
    from convlens.studio.subject import only_looking

    recipe: dict[str, Any] = {}
    for one in options["recipe"]:
        if one == SHOW:
            raise click.UsageError("the studio shows the recipe; give --recipe NAME=VALUE")
        recipe |= one
    net = options["net"]
    if net is not None and subject.model is not None:
        raise only_looking()
    if net is not None:
        net = str(resolve(net))
    if subject.model is None:
        usual = str(network_for(*subject.volume, BREADTH)) if net is None else net
        plan = planned(usual, subject.volume, len(subject.classes))
        batch = subject.fewer(recipe.get("batch") or subject.batch)
        check_memory(plan, batch, free_room())
    return Asked(
        net=net,
        size=options["size"],
        seed=options["seed"],
        epochs=options["epochs"],
        recipe=recipe,
        no_cache=options["no_cache"],
    )


def _place(runs: Path | None, subject: Subject) -> tuple[Place, str | None]:
    """Where runs are kept; looking into a model leaves none."""
    from convlens.pipeline.placing import RUNS
    from convlens.studio.place import Place, place_for

    if subject.model is not None:
        return Place.scratch(subject.key), None
    return place_for(runs, Path(RUNS), subject.key)


def _say(text: str) -> None:
    click.echo(printable(text), err=True)
