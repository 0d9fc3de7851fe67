"""What is not as it was when a run began."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from convlens.data.preprocessing import UNTOLD
from convlens.training.recipe import Recipe

MOST = 3
"""Changes named in one line."""


def changed_settings(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    """Each setting that differs, as it was and as it is."""
    for name, value in now.items():
        if before.get(name) != value:
            yield f"{name} was {shown(before.get(name))}, is {shown(value)}"


def changed_parts(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    """What differs of data, network and recipe, as they were settled."""
    data = list(changed_data(before.get("data"), now["data"]))
    yield from data
    told = before.get("preprocessing")
    if isinstance(told, dict):
        told = {**UNTOLD, **told}
    if not data and told != now["preprocessing"]:
        yield "the model's preprocessing changed"  # the one that --from names
    if before.get("architecture") != now["architecture"]:
        yield f"the network was {shown(before.get('architecture'))}, is {now['architecture']}"
    recipe = before.get("recipe")
    if not isinstance(recipe, dict):
        yield "the recipe is missing in its settings"
    else:
        known = Recipe().to_json() | recipe  # what came later was as it is usually
        for change in changed_settings(known, now["recipe"]):
            yield f"the recipe's {change}"


def changed_data(before: object, now: Mapping[str, Any]) -> Iterator[str]:
    """What differs between two descriptions of a data set."""
    if not isinstance(before, dict):
        yield "the data are missing in its settings"
        return
    if told_classes := changed_classes(before.get("classes"), now["classes"]):
        yield told_classes
    for part in ("train", "validation", "test"):
        if before.get(part) != now[part]:
            yield f"pictures to {part} were {shown(before.get(part))}, are {now[part]:,}"
    if before.get("pixels", now["pixels"]) != now["pixels"]:
        yield f"names, sizes or contents of the pictures in {now['source']} changed"
    elif before.get("fingerprint") != now["fingerprint"]:
        yield f"names or sizes of the files in {now['source']} changed"


def changed_classes(before: object, now: Sequence[str]) -> str:
    """Which classes are new and which are gone, or that their order is another; "" for none."""
    if before == list(now):
        return ""
    known = before if isinstance(before, list) else []
    new, gone = [name for name in now if name not in known], [n for n in known if n not in now]
    if not (new or gone):
        return f"the classes were {shown(before)}, are {shown(list(now))}"
    told = [_classes_are(names, what) for names, what in ((new, "new"), (gone, "gone")) if names]
    return " and ".join(told)


def _classes_are(names: Sequence[str], what: str) -> str:
    named = ", ".join(f"`{name}`" for name in names[:MOST])
    if len(names) == 1:
        return f"the class {named} is {what}"
    more = f" and {len(names) - MOST:,} more" if len(names) > MOST else ""
    return f"the classes {named}{more} are {what}"


def changed_bits(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    """What differs that may change the order in which numbers are added up."""
    for name in ("engine", "threads"):
        if before.get(name) != now[name]:
            yield f"{name} was {shown(before.get(name))}, is {now[name]}"
    versions = before.get("versions")
    if isinstance(versions, dict):
        yield from changed_settings(versions, {"torch": now["versions"]["torch"]})


def shown(value: object) -> str:
    """A value in a message, cut where it is long."""
    if value is None:
        return "left out"
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= 60 else text[:59] + "…"


def told(changes: list[str]) -> str:
    """Changes in one line."""
    return "; ".join(changes[:MOST]) + (" …" if len(changes) > MOST else "")
