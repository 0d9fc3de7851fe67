from __future__ import annotations

import json

from click.testing import CliRunner

from convlens.cli.zoo import zoo
from convlens.notation import Architecture
from convlens.notation.zoo import ZOO


def test_the_list_as_printed(golden):
    result = CliRunner().invoke(zoo, [], env={"COLUMNS": "80"}, catch_exceptions=False)
    lines = result.stdout.split("\n")
    assert max(map(len, lines)) <= 80
    golden("net_zoo.txt", "\n".join(line.rstrip() for line in lines))


def test_the_document():
    result = CliRunner().invoke(zoo, ["--json"], catch_exceptions=False)
    document = json.loads(result.stdout)
    assert [entry["name"] for entry in document] == [entry.name for entry in ZOO]
    for said in document:
        plan = Architecture(said["architecture"]).plan(said["input"], said["classes"])
        assert plan.parameters == said["parameters"]
