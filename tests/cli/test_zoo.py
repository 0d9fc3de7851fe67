from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result

from convlens.cli.zoo import zoo
from convlens.errors import SettingsError
from convlens.notation import Architecture
from convlens.notation.zoo import ZOO


def shown(*arguments: str) -> Result:
    return CliRunner().invoke(zoo, arguments, env={"COLUMNS": "80"}, catch_exceptions=False)


def test_the_list_as_printed(golden):
    lines = [line.rstrip() for line in shown().stdout.split("\n")]
    assert max(map(len, lines)) <= 80
    assert len(lines) == len(ZOO) + 4  # no line is broken
    golden("net_zoo.txt", "\n".join(lines))


def test_one_network_as_printed(golden):
    text = shown("ResNet50").stdout
    golden("net_zoo_resnet50.txt", "\n".join(line.rstrip() for line in text.split("\n")))
    assert "25,557,032 parameters on 224x224x3 with 1,000 classes, as stated for it." in text


@pytest.mark.parametrize("entry", ZOO, ids=lambda entry: entry.name)
def test_texts_fit_the_terminal(entry):
    text = shown(entry.name).stdout
    assert entry.text in text
    assert max(map(len, text.split("\n"))) <= 100


def test_the_document():
    document = json.loads(shown("--json").stdout)
    assert [entry["name"] for entry in document] == [entry.name for entry in ZOO]
    for said in document:
        plan = Architecture(said["architecture"]).plan(said["input"], said["classes"])
        assert plan.parameters == said["parameters"]
        assert Architecture(said["text"]) == Architecture(said["architecture"])
    assert json.loads(shown("lenet5", "--json").stdout) == document[1]


def test_an_unknown_name():
    with pytest.raises(SettingsError, match="did you mean vgg16"):
        shown("vgg-16")
