"""What was read loosely, in the words of the notation."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from convlens.notation.loose import Said, Unclear, Window
from convlens.notation.words import VOCABULARY

_LARGEST_WINDOW = 11
"""Of two numbers that may be filters and window, one that is larger is the filters."""


_MOST_UNITS = 4
"""Numbers behind one FC that are taken for as many layers."""


def worded(said: Said) -> str:
    """Return the notation of a layer; an empty text where none is needed. Raises Unclear."""
    write = _WRITERS.get(said.name, _bare)
    if said.name and not said.name.startswith("GLOBAL") and said.spaced and _lone_window(said):
        raise Unclear  # CONV 16 x 3 may be a repeat
    text = write(said)
    return " - ".join(part for part in (text, said.then) if part)


def _lone_window(said: Said) -> bool:
    return said.order == "w" and len(said.windows[0]) == 2


def _conv(said: Said) -> str:
    filters, window, stride, pad = _sorted_out(said)
    options = said.options
    filters = _single(options.pop("K", filters))
    window = _pair(options.pop("F", window), depth=True)
    text = "CONV" if filters == window == "" else f"CONV {filters or 16}"
    if window:
        text += f"@{window}"
    return text + _rest(said, stride, pad) + _dilation_and_groups(options) + _flags(said)


def _sorted_out(said: Said) -> tuple[str, str | Window, str, str]:
    """Return filters, window, stride and padding as their order and size tell them apart."""
    numbers, windows = list(said.numbers), list(said.windows)
    in_torch = said.called.endswith("Conv2d")
    if in_torch and len(numbers) + len(windows) + ("F" in said.options) > 2:
        numbers.pop(0)  # the depth of the input, which follows by itself
    if windows:
        return _around_window(numbers, windows, bool(said.called))
    if len(numbers) == 3 and _ascending(numbers) and not _is_window(numbers[-1]):
        return "{" + ",".join(numbers) + "}", "", "", ""
    if len(numbers) >= 3 and not in_torch and _ascending(numbers[:2]):
        numbers.pop(0)
    if len(numbers) == 2 and _is_window(numbers[0]) and not _is_window(numbers[1]):
        numbers.reverse()
    if len(numbers) > 1 and not _is_count(numbers[1]):
        raise Unclear
    if len(numbers) > 4:
        raise Unclear
    filters, size, stride, pad = [*numbers, *[""] * (4 - len(numbers))]
    return filters, size, stride, pad


def _around_window(
    numbers: list[str], windows: list[Window], called: bool
) -> tuple[str, str | Window, str, str]:
    window, *steps = windows
    stride = _single(steps[0]) if steps else ""
    if len(steps) > called or len(numbers) > 3:
        raise Unclear  # 3x16@5x5
    filters, *rest = numbers or [""]
    if not numbers and not steps:
        filters, window = _filters_within(window)
    if rest and stride:
        raise Unclear
    stride, pad = (*rest, "", "")[:2] if rest else (stride, "")
    return filters, window, stride, pad


def _filters_within(window: Window) -> tuple[str, Window]:
    """Tell ``5x5`` from ``32x3``, ``32x3x3``, ``3x3x32`` and ``5x5x3``."""
    if len(window) == 2:
        one, other = window
        alike = _is_window(one) == _is_window(other)
        return ("", window) if alike else (one, (other, other))
    if len(window) != 3:
        raise Unclear
    first, middle, last = window
    if first == middle:
        return ("", window) if last in ("1", "3") else (last, window[:2])
    if middle == last:
        return first, window[1:]
    if _ascending(list(window)):
        return "{" + ",".join(window) + "}", ()
    raise Unclear


def _pool(said: Said) -> str:
    options = said.options
    values: list[str | Window] = []
    numbers, windows = iter(said.numbers), iter(said.windows)
    for kind in said.order:
        values.append(next(numbers) if kind == "n" else next(windows))
    if "F" in options:
        values.insert(0, options.pop("F"))
    if len(values) > 3:
        raise Unclear
    window, stride, pad = (*values, "", "", "")[:3]
    shape, step = _pair(window), _single(stride or options.pop("S", ""))
    square = len(set(shape.split("x"))) == 1
    step = "" if square and step == (shape or "2").split("x")[0] else step
    text = f"POOL {shape}".rstrip() + _rest(said, step, _single(pad)) + _flags(said)
    _nothing_left(said)
    return text


def _fc(said: Said) -> str:
    units = said.options.pop("UNITS", "")
    numbers = list(said.numbers)
    if len(numbers) == 2 and said.called.endswith("Linear"):
        numbers.pop(0)  # the values before it, which follow by themselves
    if units:
        numbers.append(_single(units))
    _nothing_left(said)
    parts = [f"FC {number}{_flags(said)}" for number in numbers] or ["FC" + _flags(said)]
    if said.windows or len(parts) > _MOST_UNITS:
        raise Unclear
    return " - ".join(parts)


def _dropout(said: Said) -> str:
    values = [*said.numbers, *(said.options.pop(key) for key in ("P",) if key in said.options)]
    _nothing_left(said)
    if said.windows or len(values) > 2:
        raise Unclear
    if not values:
        return "DROPOUT"
    if len(values) == 2 and values[0] != "0":
        raise Unclear
    value = ".".join(map(str, values))  # 0,5 as many write it
    share = float(value.rstrip(" %"))
    share = share / 100 if share >= 2 or value.endswith("%") else share
    if not share < 1:
        raise Unclear
    return f"DROPOUT {share:g}"


def _counted(said: Said) -> str:
    """MAXOUT and LRN: at most one number."""
    if said.windows or said.options or len(said.numbers) > 1 or said.flags:
        raise Unclear
    key = "n=" if said.name == "LRN" else ""
    return " ".join([said.name, *(key + number for number in said.numbers)])


def _global(said: Said) -> str:
    of_one = said.numbers in ([], ["1"]) and said.windows in ([], [("1", "1")])
    if said.options or not (of_one or (said.windows and not said.called)):
        raise Unclear
    return "GLOBALPOOL" + _flags(said)


def _bare(said: Said) -> str:
    """A layer that takes nothing: what programs give it follows from the rest, or is a default."""
    if said.options or said.flags or said.windows or len(said.numbers) > 2:
        raise Unclear
    if said.name == "RELU" and said.numbers == ["6"]:
        return "RELU6"
    if said.name in ("SOFTMAX", "SVM") and said.numbers and not said.called:
        return f"FC {said.numbers[0]} - {said.name}"
    return said.name


_WRITERS: Mapping[str, Callable[[Said], str]] = {
    "CONV": _conv,
    "POOL": _pool,
    "FC": _fc,
    "DROPOUT": _dropout,
    "MAXOUT": _counted,
    "LRN": _counted,
    "GLOBALPOOL": _global,
}


def _rest(said: Said, stride: str, pad: str) -> str:
    """Return stride and padding; programs that leave the padding out mean none."""
    stride = _single(said.options.pop("S", stride))
    said_pad = said.options.pop("PAD", said.options.pop("P", pad))
    pad = _single(said_pad) if said_pad else ""
    default = "1" if said.name == "CONV" else ""
    text = f"/{stride}" if stride not in ("", default) else ""
    if pad:
        text += f" {pad}" if pad in ("same", "valid") else f" pad {pad}"
    elif re.search(r"[cC]onv\w*2[dD]\Z", said.called) and not {"same", "valid"} & set(said.flags):
        text += " valid"
    return text


def _dilation_and_groups(options: dict[str, str | Window]) -> str:
    text = ""
    for key, word in (("DILATE", "dilate"), ("GROUPS", "groups")):
        if key in options:
            value = _single(options.pop(key))
            text += f" {word} {value}" if value != "1" else ""
    if options:
        raise Unclear
    return text


def _flags(said: Said) -> str:
    known = VOCABULARY[said.name].flags
    if any(flag.upper() not in known for flag in said.flags):
        raise Unclear
    words = [word for word in dict.fromkeys(said.flags) if (said.name, word) != ("POOL", "max")]
    return "".join(f" {word}" for word in words)


def _nothing_left(said: Said) -> None:
    if said.options:
        raise Unclear


def _single(value: str | Window) -> str:
    """Return one number of ``(2, 2)``; a list is taken as it stands."""
    if isinstance(value, str):
        if value and not (_is_count(value) or value in ("same", "valid")):
            raise Unclear
        return value
    if len(set(value)) != 1:
        raise Unclear
    return value[0]


def _pair(value: str | Window, *, depth: bool = False) -> str:
    sides = (value, value) if isinstance(value, str) else value
    if not all(sides):
        return ""
    if not all(map(_is_count, sides)) or len(sides) not in ((2, 3) if depth else (2,)):
        raise Unclear
    return "x".join(sides)


def _is_count(text: str) -> bool:
    return text.isdecimal() or text.startswith("{")


def _is_window(text: str) -> bool:
    return text.isdecimal() and int(text) <= _LARGEST_WINDOW


def _ascending(numbers: Sequence[str]) -> bool:
    if not all(number.isdecimal() for number in numbers):
        return False
    values = list(map(int, numbers))
    return values == sorted(set(values))
