"""Where the user says that labels stand, if the layout does not tell it or tells it wrongly."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from convlens.errors import SettingsError

LEVEL_HINT = "of photos/2023/cat/1.jpg level 1 is 2023, 2 is cat; -1 is the folder of the picture"
LABEL_HINT = r"the first (…) of the pattern is the class: --label-by '([a-z]+)\.\d+'"
COLUMNS_HINT = "give the names in the table: --columns file=image_id,label=dx"
CLASSES_HINT = "give names in their order: cat,dog · pet=cat|dog,* merges · -other leaves one out"

COLUMN_KINDS = ("file", "label", "split")
"""What a column of a table may be said to hold."""

DEEPEST = 100
"""Folders: the deepest level of a class."""


@dataclass(frozen=True, slots=True)
class Labelling:
    """How labels are told; of nothing that is said the layout tells it.

    ``class_level`` counts the folders of a picture's path from 1, the first below the data, or
    from -1, the one that it lies in. ``label_by`` is a regular expression over the path, of which
    the first group is the class. ``columns`` names the columns of a table that hold ``file``,
    ``label`` and ``split``. ``classes`` chooses among the classes found: see ``choose``. Raises
    SettingsError for a level of 0, a pattern that is none, an unknown kind of column, or two ways
    of telling at once.
    """

    class_level: int | None = None
    label_by: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    classes: Sequence[str] = ()

    def __post_init__(self) -> None:
        level = self.class_level
        whole = isinstance(level, int) and not isinstance(level, bool)
        if level is not None and not (whole and 1 <= abs(level) <= DEEPEST):
            raise SettingsError(f"class_level is {level!r}", LEVEL_HINT)
        if self.label_by is not None:
            self.pattern()
        strange = [kind for kind in self.columns if kind not in COLUMN_KINDS]
        if strange:
            raise SettingsError(f"columns names `{strange[0]}`, not file, label or split",
                                COLUMNS_HINT)  # fmt: skip
        if not all(isinstance(name, str) and name.strip() for name in self.columns.values()):
            raise SettingsError(f"columns is {dict(self.columns)!r}", COLUMNS_HINT)
        said = [
            name
            for name, value in (
                ("class_level", level), ("label_by", self.label_by), ("columns", self.columns)
            )
            if value
        ]  # fmt: skip
        if len(said) > 1:
            raise SettingsError(
                f"{said[0]} and {said[1]} both say where the class stands", "give one of the two"
            )

    def pattern(self) -> re.Pattern[str]:
        """``label_by``, compiled. Raises SettingsError where it is no regular expression."""
        assert self.label_by is not None
        if not isinstance(self.label_by, str):
            raise SettingsError(f"label_by is {self.label_by!r}", LABEL_HINT)
        try:
            return re.compile(self.label_by)
        except (re.error, OverflowError, RecursionError) as error:
            reason = str(error).splitlines()[0]
            message = f"label-by `{self.label_by}` is not a regular expression: {reason}"
            raise SettingsError(message, LABEL_HINT) from error

    def to_json(self) -> dict[str, Any] | None:
        """What is said, as plain values; None where nothing is."""
        said = {
            "class_level": self.class_level,
            "label_by": self.label_by,
            "columns": dict(self.columns),
            "classes": list(self.classes),
        }
        return {name: value for name, value in said.items() if value} or None

    @classmethod
    def from_json(cls, told: object) -> Self:
        """The reverse of ``to_json``; nothing said where that is not what it wrote."""
        if not isinstance(told, Mapping):
            return cls()
        try:
            return cls(
                told.get("class_level"),
                told.get("label_by"),
                dict(told.get("columns") or {}),
                tuple(map(str, told.get("classes") or ())),
            )
        except (SettingsError, TypeError, ValueError):
            return cls()

    @property
    def by_folders(self) -> bool:
        """Whether it is said that the classes stand in the paths."""
        return self.class_level is not None or self.label_by is not None


UNSAID = Labelling()
"""Nothing is said: the layout tells."""
