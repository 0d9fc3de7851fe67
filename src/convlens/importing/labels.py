"""Names of classes: from a file, or numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from convlens.data.memory import allowed_memory
from convlens.documents import UnfitError, parsed, read_regular
from convlens.errors import SettingsError

_LARGEST = 16 << 20
_HINT = "give a text with a name on each line, or JSON: a list, or an object by index"


def read_labels(path: Path) -> tuple[str, ...]:
    """Names of the classes, in the order of the network's scores, as the file at ``path`` has them.

    The file is a text with a name on each line, or JSON: a list of names, or an object from the
    index to a name (or to a list that ends in it, as ImageNet's ``{"0": ["n01440764", "tench"]}``).
    Raises SettingsError where it is anything else, or no regular file of at most 16 MB.
    """
    try:
        text = read_regular(path, _LARGEST).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise SettingsError(f"{path} is not a text file", _HINT) from None
    except UnfitError as error:
        raise SettingsError(f"{path} {error}", _HINT) from None
    names = _from_json(text, path) if text.lstrip()[:1] in ("[", "{") else text.splitlines()
    while names and not names[-1].strip():
        names.pop()
    if not names or not all(name.strip() for name in names):
        raise SettingsError(f"{path} leaves the name of a class empty", _HINT)
    return tuple(name.strip() for name in names)


def _from_json(text: str, path: Path) -> list[str]:
    try:
        said = parsed(text, allowed_memory())
        if isinstance(said, dict):
            said = [said[str(index)] for index in range(len(said))]
        names = [name[-1] if isinstance(name, list) and name else name for name in said]
    except KeyError as error:
        raise SettingsError(f"{path} names {len(said)} classes, but none {error}", _HINT) from None
    except UnfitError as error:
        raise SettingsError(f"{path} {error}", _HINT) from None
    if not all(isinstance(name, str) for name in names):
        raise SettingsError(f"{path} holds names that are not text", _HINT)
    return names


def class_names(count: int, said: Sequence[str] | None) -> tuple[str, ...]:
    """Names of ``count`` classes: those ``said``, or ``0``, ``1`` and so on.

    Of classes with the same name (ImageNet has two cranes) each gets its index: ``crane (134)``.
    Raises SettingsError where there are more names or fewer.
    """
    if said is None:
        return tuple(map(str, range(count)))
    if len(said) != count:
        raise SettingsError(f"there are {len(said)} names for {count} classes", _HINT)
    times = Counter(said)
    return tuple(
        name if times[name] == 1 else f"{name} ({index})" for index, name in enumerate(said)
    )
