"""Paths that no system takes as a name, as every argument of every command: a line each."""

from __future__ import annotations

import pytest

LONG = "x" * 300
DEEP = "/".join(["y" * 200] * 30)
NAMES = (LONG, DEEP, f"{LONG}.safetensors", "~nobody-is-called-so/x")

COMMANDS = (
    "train @", "train DATA --net @", "train DATA --from @", "train --resume @",
    "train DATA --net FC --epochs 1 --runs @ --out q.safetensors", "train DATA --without @",
    "train DATA --net FC --epochs 1 --out @", "predict @ PICTURE", "predict MODEL @",
    "predict MODEL PICTURE @", "evaluate @ DATA", "evaluate MODEL @",
    "evaluate MODEL DATA --without @", "look @ PICTURE", "look MODEL @",
    "look MODEL PICTURE --out @", "look MODEL PICTURE --png @", "look MODEL PICTURE --data @",
    "check @ --no-labels", "check DATA --html @ --no-labels", "check DATA --without @ --no-labels",
    "scan @ PICTURE", "scan MODEL @", "net @", "net FC --svg @", "import @",
    "import MODEL --classes @", "export @ --to convnetjs", "export MODEL --to convnetjs --out @",
    "relabel @ a=b", "relabel MODEL 0=zero --out @", "runs @", "runs --runs @", "zoo @",
)  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_names_that_no_system_takes(convlens, digits_model, shades, command):
    known = {"DATA": shades, "MODEL": digits_model,
             "PICTURE": next(iter(sorted(shades.rglob("*.png"))))}  # fmt: skip
    for name in NAMES:
        words = [known.get(word, name if word == "@" else word) for word in command.split()]
        status, _, err = convlens(*words)
        assert status in (0, 1, 2), (command, name[:20])
        assert "Traceback" not in err, (command, name[:20])
        assert max(map(len, err.splitlines()), default=0) < 8000
