"""What outlives a studio: one at a time, kept from others, whatever state it is found in."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from convlens.errors import OutputError, RunError
from convlens.studio.place import NAME, Place, place_for
from convlens.studio.run import Asked, Run
from convlens.studio.session import _snapshots


def run_in(place, name="studio-1"):
    run = Run(name, "Run 1", place.folder / name, Asked(net="FC", size=(8, 8)), "now")
    run.folder.mkdir()
    (run.folder / "settings.json").write_text("{}")
    return run


def write(place, runs):
    place.write("http://here/", [run.to_json() for run in runs], {"current": None})


def test_one_studio_at_a_time(tmp_path):
    with Place(tmp_path, "digits") as place:
        with pytest.raises(RunError, match="it is just starting"):
            Place(tmp_path, "digits")
        write(place, [])
        with pytest.raises(RunError, match="http://here/") as caught:
            Place(tmp_path, "others")
        assert "--runs" in caught.value.hint
    Place(tmp_path, "digits").close()


def test_runs_come_back_but_those_whose_folder_is_gone(tmp_path):
    with Place(tmp_path, "digits") as place:
        runs = [run_in(place), run_in(place, "studio-2")]
        runs[0].facts["step"] = 7
        write(place, runs)
        token = place.token
        (runs[1].folder / "settings.json").unlink()
    with Place(tmp_path, "digits") as place:
        (found,) = place.runs()
        assert found.to_json() == runs[0].to_json()
        assert place.token == token
        assert place.free_name({"studio-3"}) == "studio-4"
    with Place(tmp_path, "photos") as place:
        assert place.runs() == []
        assert place.token != token
        write(place, [])
    with Place(tmp_path, "digits") as place:
        assert [run.id for run in place.runs()] == ["studio-1"]


def test_a_run_named_as_a_way_out_is_left_out(tmp_path):
    with Place(tmp_path / "in", "digits") as place:
        outside = run_in(place)
        document = {**outside.to_json(), "id": "../studio-1"}
        place.document["runs"] = [document]
        assert place.runs() == []


def test_what_a_newer_version_wrote_is_left_alone(tmp_path):
    text = json.dumps({"format": 2})
    (tmp_path / NAME).write_text(text)
    for _ in range(2):
        with pytest.raises(RunError, match="format 2"):
            Place(tmp_path, "digits")
    assert (tmp_path / NAME).read_text() == text


def test_where_nothing_can_be_written(tmp_path):
    (tmp_path / "runs").write_text("mine")
    with pytest.raises(OutputError):
        place_for(tmp_path / "runs", tmp_path / "other", "digits")
    place, note = place_for(None, tmp_path / "runs", "digits")
    with place:
        assert place.passing
        assert note is not None
        assert str(tmp_path / "runs") in note
        assert place.folder.is_dir()
    assert not place.folder.exists()
    assert (tmp_path / "runs").read_text() == "mine"


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "asked", "facts", "digits", "runs"]), inner)
    ),
    max_leaves=8,
)
names = ["subject", "token", "port", "runs", "snapshots", "elsewhere", "current"]
documents = st.dictionaries(st.sampled_from(names), values).map(lambda one: {"format": 1, **one})


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=20) | (documents | values).map(lambda one: json.dumps(one).encode()))
def test_damage_costs_the_list_and_no_more(tmp_path, content):
    (tmp_path / NAME).write_bytes(content)
    with Place(tmp_path, "digits") as place:
        assert place.runs() == []
        assert _snapshots(place, []) == []
        assert len(place.token) == 32
        write(place, [])
