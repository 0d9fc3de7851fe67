"""Names of the parts of a data set, as people call the folders and tables that hold them."""

from __future__ import annotations

import re
from functools import lru_cache

from convlens.data.sources.source import Part

_WORDS: dict[str, Part] = {
    "train": "train",
    "training": "train",
    "trn": "train",
    "trainval": "train",
    "val": "validation",
    "vali": "validation",
    "valid": "validation",
    "validate": "validation",
    "validation": "validation",
    "dev": "validation",
    "eval": "validation",
    "evaluation": "validation",
    "test": "test",
    "testing": "test",
    "tst": "test",
    "holdout": "test",
}

HANGERS = frozenset(
    ("set", "sets", "split", "part", "data", "dataset", "image", "images", "img", "imgs", "pic",
     "pics", "picture", "pictures", "photo", "photos", "file", "files", "folder", "dir", "label",
     "labels", "class", "classes")
)  # fmt: skip
"""Words for what merely holds pictures, which say nothing of their class."""

_GLUED = re.compile(rf"({'|'.join(_WORDS)})({'|'.join(sorted(HANGERS))})?")
_HUMPS = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_LETTERS = re.compile(r"[^\W\d_]+")

_UNLABELLED = frozenset(
    ("unlabeled", "unlabelled", "unlabel", "unsup", "pred", "predict", "prediction", "predictions")
)


def part_named(word: str) -> Part | None:
    """The part that ``word`` is a name of by itself, in any case: Train, TEST, dev; else None."""
    return _WORDS.get(word.strip().casefold())


@lru_cache(maxsize=4096)
def part_of(name: str) -> Part | None:
    """The part that a folder or table called ``name`` holds, or None.

    It is told by a part's word between what are no letters, alone or with a word like ``set``
    grown to it: ``train``, ``training_set``, ``seg_train``, ``TestImages``, ``Training400``,
    ``x-val.csv``. What is to train and to choose in one (``train_val``) trains; a name with words
    of other parts (``train_test``) is none.
    """
    found = {
        _WORDS[match[1]] for word in words_of(name) if (match := _GLUED.fullmatch(word)) is not None
    }
    if found == {"train", "validation"}:
        return "train"
    return found.pop() if len(found) == 1 else None


@lru_cache(maxsize=4096)
def is_unlabelled(name: str) -> bool:
    """Whether a folder says that its pictures have no labels: ``seg_pred``, ``unlabeled2017``."""
    return any(word in _UNLABELLED for word in words_of(name))


def words_of(name: str) -> list[str]:
    """The words of a name in small letters, parted by what is no letter and by humps."""
    return [
        part.casefold()
        for letters in _LETTERS.findall(name)
        for part in _HUMPS.split(letters)
        if part
    ]
