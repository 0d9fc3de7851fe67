"""A training process that trains nothing: it speaks frames as the real one does.

What it does is steered by the network's text and by requests of its own: `crash`, `garbage`,
`flood` (count progresses), `silence` (never answered), `asked` (what was asked so far).
"""

import json
import os
import sys
import threading
import time
from pathlib import Path

from convlens.studio import frames

KNOBS = {
    "rate": {"value": 0.1, "low": 0, "high": 10, "meaning": "x", "whole": False, "choices": None},
    "batch": {"value": 32, "low": 1, "high": 65536, "meaning": "y", "whole": True, "choices": None},
    "epochs": {"value": 4, "low": 0, "high": 1e5, "meaning": "z", "whole": False, "choices": None},
}

out, lock = sys.stdout.buffer, threading.Lock()


def say(document, blob=b""):
    with lock:
        frames.write(out, document, blob)


class Fake:
    def __init__(self):
        self.asked, self.run, self.step, self.knobs = [], None, 0, json.loads(json.dumps(KNOBS))
        self.length, self.before = 4, 0

    def progress(self):
        self.step += 1
        say({"tell": "progress", "step": self.step, "epochs": self.step / 10, "loss": 1 / self.step,
             "decay_loss": 0.0, "train_accuracy": 0.5, "examples": 32 * self.step,
             "points": {"step": [self.step], "loss": [1 / self.step], "decay": [0.0],
                        "accuracy": [0.5]}})  # fmt: skip

    def phase(self, phase):
        say({"tell": "phase", "phase": phase})

    def ready(self, values, resumed=None):
        data = {"name": "digits", "classes": list("0123456789"), "train": 100, "test": 20,
                "validation": 10, "input": {"width": 8, "height": 8, "depth": 1},
                "dark": True}  # fmt: skip
        say({"tell": "ready", "data": data, "net": values.get("net") or "INPUT 8x8x1 - FC 10",
             "parameters": 650, "multiply_adds": 640, "engine": "fake", "epochs": self.length,
             "epochs_before": self.before, "knobs": self.knobs, "defaults": {"rate": 0.1},
             "resumed_step": resumed})  # fmt: skip

    def open(self, values, blob):
        folder = Path(values["folder"])
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "settings.json").write_text("{}")
        self.step = 7 if values["resume"] else 0
        self.knobs = json.loads(json.dumps(KNOBS))
        epochs = {} if values["epochs"] in (None, 600) else {"epochs": values["epochs"]}
        for name, value in (values["knobs"] | epochs).items():
            self.knobs[name]["value"] = value
        self.before = values["epochs_before"] or 0
        self.length = self.before + self.knobs["epochs"]["value"]
        return {}, b"", lambda: self.opened(values)

    def opened(self, values):
        say({"tell": "reading", "done": 10, "total": 10})
        self.ready(values, self.step or None)
        self.phase("training" if values["go"] else "paused")
        if values["go"]:
            self.progress()

    def look(self, values, blob):
        return {}, b"", lambda: (self.ready({}), self.phase("looking"))

    def go(self, values, blob):
        return {}, b"", lambda: (self.phase("training"), self.progress())

    def pause(self, values, blob):
        return {}, b"", lambda: self.phase("paused")

    def extend(self, values, blob):
        if values["epochs"] is not None:
            self.before, self.length = self.length, self.length + values["epochs"]
        return {}, b"", lambda: (self.phase("reading"), self.ready({}), self.phase("training"))

    def do_step(self, values, blob):
        return {}, b"", lambda: (self.progress(), self.phase("paused"))

    def stop(self, values, blob):
        def end():
            self.phase("judging")
            say({"tell": "looked", "step": self.step, "epochs": 1.0, "validation_accuracy": 0.9,
                 "validation_loss": 0.2, "loss": 0.3, "train_accuracy": 0.8,
                 "best": True})  # fmt: skip
            say({"tell": "finished", "test_accuracy": 0.9, "test_accuracy_views": 0.91,
                 "validation_accuracy": 0.9, "seconds": 1.0, "model": "m.safetensors",
                 "stopped": True})  # fmt: skip
            self.phase("finished")

        return {}, b"", end

    def do_knobs(self, values, blob):
        if "nonsense" in values:
            return {"message": "there is no knob `nonsense`", "hint": "there are rate"}, None, None
        old = {name: self.knobs[name]["value"] for name in values}
        for name, value in values.items():
            self.knobs[name]["value"] = value
        changes = {name: [old[name], value] for name, value in values.items()}
        step = self.step + 1
        tell = {"tell": "changed", "step": step, "changes": changes}
        return {"from_step": step, "knobs": self.knobs}, b"", lambda: say(tell)

    def view(self, values, blob):
        if values["layer"] == "silence":
            return None
        document = {"unchanged": False, "step": self.step, **values,
                    "blocks": {"activations": {"at": 0, "shape": [1, 1, 2]}}}  # fmt: skip
        return document, bytes(8), None

    def cell(self, values, blob):
        hint = "test all pictures first"
        return {"message": "nothing has been tested yet", "hint": hint, "status": 409}, None, None

    worst = cell

    def sample(self, values, blob):
        error = {"message": "the run has ended", "hint": "ask again", "status": 409}
        return error | {"passing": True}, None, None

    def why(self, values, blob):
        status = {"nonsense": 422, "broken": 500}.get(values["method"], 409)
        return {"message": "not this", "hint": None, "status": status}, None, None

    def pictures(self, values, blob):
        return {"part": values.get("part", "test"), "total": 0, "pictures": []}, b"", None

    def put(self, values, blob):
        if not blob.startswith(b"\x89PNG"):
            return {"message": "the picture cannot be read: not a picture", "hint": "give a PNG"}, \
                None, None  # fmt: skip
        return {"picture": "upload:1", "width": 8, "height": 8, "bytes": len(blob)}, b"", None

    def save(self, values, blob):
        path = Path(values["path"])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(Path(os.environ["FAKE_MODEL"]).read_bytes())
        return {"step": self.step, "bytes": path.stat().st_size}, b"", None

    def test(self, values, blob):
        def end():
            return None

        say({"tell": "testing", "done": 1, "total": 20})
        time.sleep(0.4)
        say({"tell": "testing", "done": 20, "total": 20})
        return {"step": self.step, "n": 20, "accuracy": 0.9}, b"", end

    def crash(self, values, blob):
        print("something terrible", file=sys.stderr, flush=True)
        os._exit(3)

    def garbage(self, values, blob):
        with lock:
            out.write(b"\xff" * 64)
            out.flush()
        return

    def flood(self, values, blob):
        for _ in range(values["count"]):
            self.progress()
        return {}, b"", None

    def hang(self, values, blob):
        self.hanging = True
        return {}, b"", None

    def fail(self, values, blob):
        return {}, b"", lambda: say({"tell": "failed", "message": "too big", "hint": "smaller"})

    def answer(self, document, blob):
        number, do = document.pop("id"), document.pop("do")
        self.asked.append({"do": do, **document})
        if do == "asked":
            say({"re": number, "ok": {"asked": self.asked}})
            return
        handler = getattr(self, {"step": "do_step", "knobs": "do_knobs"}.get(do, do), None)
        if handler is None:
            say({"re": number, "ok": {"did": do, **document}}, b"PNG")
            return
        found = handler(document, blob)
        if found is None:
            return
        answer, content, then = found
        if content is None:
            say({"re": number, "error": answer})
            return
        say({"re": number, "ok": answer}, content)
        if then is not None:
            then()


def main():
    fake = Fake()
    print("fake: started", file=sys.stderr, flush=True)
    while (frame := frames.read(sys.stdin.buffer)) is not None:
        fake.answer(dict(frame.document), frame.blob)
    while getattr(fake, "hanging", False):
        time.sleep(1)


if __name__ == "__main__":
    main()
