"""ConvNetJS in Node, for as long as the tests run."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

HERE = Path(__file__).parent
FOLDER = Path(os.environ.get("CONVLENS_CONVNETJS", HERE.parent.parent / "build" / "convnetjs"))
LIBRARY = FOLDER / "node_modules" / "convnetjs" / "build" / "convnet.js"
INSTALL = "npm install --no-save --prefix build/convnetjs convnetjs@0.3.0"


class Referee:
    def __init__(self, node):
        self.process = subprocess.Popen(
            [node, str(HERE / "referee.js"), str(LIBRARY)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def run(self, pixels, **net):
        """``net`` (as ``net`` or ``defs``) on pixels (H, W, C): its JSON, and the activations.

        Activations are (C, H, W) float64, the input's first.
        """
        height, width, depth = pixels.shape
        values = (pixels / 255 - 0.5).ravel().tolist()
        asked = {**net, "input": [[width, height, depth], values]}
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        assert "error" not in answer, answer["error"]
        layers = [
            np.array(w, np.float64).reshape(sy, sx, d).transpose(2, 0, 1)
            for sx, sy, d, w in answer["activations"]
        ]
        return answer["net"], layers


@pytest.fixture(scope="session")
def referee():
    node = shutil.which("node")
    if node is None or not LIBRARY.exists():
        pytest.skip(f"ConvNetJS is not to be had: install node, then {INSTALL}")
    found = Referee(node)
    yield found
    found.process.stdin.close()
    found.process.wait(10)
    found.process.stdout.close()
