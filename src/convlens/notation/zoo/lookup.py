"""Networks found by name, or read from a file or from the text itself."""

from __future__ import annotations

import difflib
import re
from pathlib import Path

from convlens.errors import NotationError, SettingsError
from convlens.notation.architecture import Architecture
from convlens.notation.limits import MAX_TEXT
from convlens.notation.zoo import first, imagenet, residual, small
from convlens.notation.zoo.entry import Entry
from convlens.paths import expanded, is_file

ZOO: tuple[Entry, ...] = (
    first.INTRODUCTION,
    first.LENET5,
    imagenet.ALEXNET_ORIGINAL,
    imagenet.ALEXNET,
    imagenet.ZFNET,
    imagenet.VGG11,
    imagenet.VGG16,
    imagenet.VGG19,
    imagenet.GOOGLENET,
    residual.RESNET18,
    residual.RESNET34,
    residual.RESNET50,
    residual.RESNET101,
    small.SQUEEZENET,
    small.MOBILENETV2,
    residual.DENSENET121,
    small.ALLCONV,
    small.RESNET8,
    small.AIRBENCH94,
    first.CONVNETJS_MNIST,
    first.CONVNETJS_CIFAR10,
    small.CONVLENS32,
)


_MOST_NAMED = 5
"""Networks named in a hint, of those that begin like what was said."""


def find(name: str) -> Entry:
    """Return the zoo's entry of that name, in any case; SettingsError with a near miss if none."""
    wanted = name.strip().lower()
    for entry in ZOO:
        if entry.name == wanted:
            return entry
    raise SettingsError(f"the zoo has no network '{name[:40]}'", _hint(wanted))


def resolve(said: str | Path) -> Architecture:
    """Return the network that ``said`` names: one of the zoo, a text file, or notation itself.

    A ``Path`` is always a file. Raises NotationError where the notation does not read,
    SettingsError where a file does not.
    """
    if isinstance(said, Path):
        return Architecture(_contents(expanded(said)))
    if said.strip().lower() in {entry.name for entry in ZOO}:
        return find(said).architecture
    if path := _file(said):
        return Architecture(_contents(path))
    try:
        return Architecture(said)
    except NotationError as error:
        if re.fullmatch(r"\s*[\w./\\~:-]*(?:\.txt|\.net|/|\\)[\w./\\~:-]*\s*", said):
            raise SettingsError(f"there is no file '{said.strip()[:80]}'") from None
        if re.fullmatch(r"\s*[\w.-]{1,40}\s*", said) and (_near(said) or not error.correction):
            message = f"'{said.strip()}' is no network of the zoo, no file and no notation"
            raise SettingsError(message, _hint(said.strip().lower())) from None
        raise


def _near(name: str) -> list[str]:
    names = [entry.name for entry in ZOO]
    said = name.strip().lower()[:40]
    begun = [known for known in names if len(said) > 2 and known.startswith(said)]
    return begun[:_MOST_NAMED] or difflib.get_close_matches(said, names, 1, 0.6)


def _hint(name: str) -> str:
    meant = " or ".join(_near(name))
    lists = "`convlens zoo` lists the names there are"
    return f"did you mean {meant}? {lists}" if meant else lists


def _file(said: str) -> Path | None:
    if "\n" in said or len(said) > 1_000 or "\0" in said:
        return None
    path = expanded(said)
    try:
        return path if is_file(path) else None
    except OSError:
        return None


def _contents(path: Path) -> str:
    try:
        if not is_file(path):
            raise SettingsError(f"there is no file '{str(path)[:80]}'")
        if path.stat().st_size > 4 * MAX_TEXT:
            raise SettingsError(f"{path} is too long to be a network")
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise SettingsError(f"{path} is not a text file") from None
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}") from None
