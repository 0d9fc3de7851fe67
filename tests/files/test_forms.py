"""Endings that promise what is not written."""

import importlib
from pathlib import Path

import pytest

import convlens as cl
from convlens.cli.export import export
from convlens.errors import OutputError
from convlens.files.forms import FORMATS, Form
from convlens.modelfile import MODEL_FORM

OTHERS = [
    "pt", "pth", "ckpt", "onnx", "h5", "keras", "tflite", "pkl", "pickle", "joblib", "pb", "npz",
    "json", "mlmodel", "zip", "PT", "Onnx",
]  # fmt: skip


@pytest.fixture(scope="module")
def classifier():
    return cl.train("digits", "INPUT 8x8x1 - FC", epochs=1, cache=False)


@pytest.mark.parametrize("ending", OTHERS)
def test_a_model_under_another_forms_ending_is_refused(ending, classifier, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def look(source):
        raise AssertionError("the pictures were looked at")

    monkeypatch.setattr(importlib.import_module("convlens.pipeline.prepare"), "open_source", look)
    for call in (
        lambda: classifier.save(f"my.best.{ending}"),
        lambda: cl.train("digits", out=f"my.best.{ending}"),
        lambda: cl.train("digits", out=Path(f"my.best.{ending}")),
    ):
        with pytest.raises(OutputError) as caught:
            call()
        assert f"my.best.{ending}: what is written is a model file" in caught.value.message
        assert f"(.{ending.lower()})" in caught.value.message
        assert "my.best.safetensors" in caught.value.hint
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["best", "best.v2", "best.safetensors", "best.SAFETENSORS", ".pt"])
def test_any_other_name_is_taken(name, classifier, tmp_path):
    classifier.save(tmp_path / name)
    assert cl.load(tmp_path / name).classes == classifier.classes


def test_the_ways_that_are_named_do_lead_there(classifier, tmp_path, monkeypatch):
    """What the hints say of PyTorch, numpy and pickles works as it is said."""
    import numpy as np
    import safetensors.numpy
    import safetensors.torch
    import torch

    monkeypatch.chdir(tmp_path)
    classifier.save("best.safetensors")
    state = safetensors.torch.load_file("best.safetensors")
    torch.save(state, "best.pt")
    again = torch.load("best.pt", weights_only=True)
    np.savez("best.npz", **safetensors.numpy.load_file("best.safetensors"))
    for name, value in classifier.weights.items():
        np.testing.assert_array_equal(again[name].numpy(), value)
        np.testing.assert_array_equal(np.load("best.npz")[name], value)


def test_the_hints_name_every_export_there_is():
    """With an export to ONNX or the like the hints have to name it."""
    (form,) = (one for one in export.params if one.name == "form")
    assert form.type.choices == ("convnetjs",) or form.type.choices == ["convnetjs"]
    assert {*MODEL_FORM.instead} <= {*FORMATS.values()}


def test_every_form_refuses_the_endings_of_all_others():
    page = Form("a page", "an HTML page", "page.html", lambda path: True)
    for ending in FORMATS:
        if ending in (".html", ".htm"):
            page.check_ending(Path(f"name{ending}"))
            continue
        with pytest.raises(OutputError) as caught:
            page.check_ending(Path(f"name{ending}"))
        assert caught.value.hint == "name it name.html"
