import contextlib
import json
from pathlib import Path

import pytest

from nephoscope.model.errors import ContentError
from nephoscope.respond.playbook import BUILTIN, filled, load_playbooks, parse_playbook, waits_for_a_step
from tests.respond.fakes import CATALOGUE, playbook
from tests.respond.mangled import mangled

STEP = ("set_value", "a", "x")


def loaded(*steps, **others):
    return parse_playbook(playbook(*steps, **others), "play.yaml", CATALOGUE)


def test_a_condition_picks_the_steps():
    found = loaded(STEP, ("set_value", "b", "y", {"when": "to == 'all'"}))
    given = {"account": "1", "region": "r"}
    assert [step.name for step in found.steps_for(found.told(given))] == ["s1"]
    assert [step.name for step in found.steps_for(found.told(given | {"to": "all"}))] == ["s1", "s2"]


def test_references_take_values_as_they_are_and_are_written_out_within_texts():
    settings = {"a": "${n}", "b": "n is ${n}", "c": ["${steps.s.list}"], "d": "${steps.s.later}"}
    found = filled(settings, {"n": 3}, {"s": {"list": [1]}})
    assert found == {"a": 3, "b": "n is 3", "c": [[1]], "d": "${steps.s.later}"}
    assert waits_for_a_step(found)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"titel": "x"}, "there is no key 'titel'; did you mean 'title'"),
        ({"name": "Play!"}, "needs a name"),
        ({"title": ""}, "needs a title"),
        ({"inputs": {}}, "at least account and region"),
        ({"inputs": {"account": {"type": "text"}, "region": {"type": "string"}}}, "needs a type: string"),
        ({"inputs": {"account": {"type": "string"}, "region": {"type": "string", "default": 3}}}, "region is 3"),
        ({"approval": "to = 'x'"}, "approval|play.yaml"),
        ({"approval": "tto == 'x'"}, "the nearest is to"),
        ({"revert_after_s": -1}, "not a number of seconds"),
        ({"revert_after_s": True}, "not a number of seconds"),
        ({"steps": []}, "needs 1 to 50 steps"),
        ({"steps": ["x"]}, "is not a mapping"),
        ({"steps": [{"action": "set_valeu"}]}, "did you mean 'set_value'"),
        ({"steps": [{"action": "set_value", "with": {"key": "a"}}]}, "the key 'value' is missing"),
        ({"steps": [{"action": "set_value", "with": {"key": "a", "value": 3}}]}, "value is 3, not text"),
        ({"steps": [{"action": "set_value", "with": {"key": "${x}", "value": "v"}}]}, r"\$\{x\} is neither"),
        ({"steps": [{"action": "set_value", "with": {"key": "${steps.no.y}", "value": "v"}}]}, "is neither"),
        ({"steps": [{"action": "set_value", "on_failure": "panic"}]}, "on_failure is 'panic'"),
        ({"steps": [{"action": "set_value", "within_s": 0}]}, "within_s is 0"),
        ({"steps": [{"action": "set_value", "wait": 0}]}, "there is no key 'wait'"),
        ({"examples": [{"inputs": {"account": "1", "region": "r"}, "runs": []}]}, "runs set_value"),
        ({"examples": [{"inputs": {"account": "1"}}]}, "needs region"),
        ({"examples": 5}, "examples is 5, not a list"),
        ({"limits": 5}, "limits is 5, not a list"),
        ({"limits": [5]}, "limits is not a list of texts"),
        ({"inputs": {"account": {"type": []}, "region": {"type": "string"}}}, "needs a type: string"),
    ],
)
def test_what_is_wrong_is_told_with_place_when_loading(change, told):
    text = json.dumps(json.loads(playbook(STEP)) | change)
    with pytest.raises(ContentError, match=told) as raised:
        parse_playbook(text, "play.yaml", CATALOGUE)
    assert str(raised.value).startswith(("play.yaml:", "play"))


def test_two_steps_of_one_name_are_an_error():
    with pytest.raises(ContentError, match="another step is named s1"):
        loaded(STEP, ("set_value", "b", "y", {"name": "s1"}))


@pytest.mark.parametrize("text", ["", "- a", "a: 1\n---\nb: 2", "a: &a [*a]", "[" * 200, "a: \x00"])
def test_what_is_no_playbook_is_refused(text):
    with pytest.raises(ContentError):
        parse_playbook(text, "play.yaml", CATALOGUE)


def test_inputs_that_do_not_fit_are_named():
    found = loaded(STEP)
    with pytest.raises(ContentError, match="there is no input 'acount'; did you mean 'account'"):
        found.told({"acount": "1"})
    with pytest.raises(ContentError, match="account is empty"):
        found.told({"account": "", "region": "r"})
    with pytest.raises(ContentError, match="longer than"):
        found.told({"account": "1" * 9_999, "region": "r"})


def test_a_file_that_is_no_single_playbook_is_told_and_stops_no_other(tmp_path):
    folder = tmp_path / "playbooks"
    folder.mkdir()
    text = playbook(STEP)
    (folder / "two.yaml").write_text(f"{text}\n---\n{text.replace('play', 'other')}")
    (folder / "latin.yaml").write_bytes(b"name: \xe9")
    (folder / "gone.yaml").symlink_to(tmp_path / "nowhere")
    (folder / "good.yaml").write_text(text)
    found = load_playbooks([tmp_path], CATALOGUE)
    assert "play" in found.by_name
    told = {Path(error.where.partition(":")[0]).name: error.reason for error in found.errors if "/" in error.where}
    assert told["two.yaml"] == "holds 2 documents, not one playbook"
    assert "not UTF-8" in told["latin.yaml"]
    assert "cannot be read" in told["gone.yaml"]


@pytest.mark.parametrize("name", sorted(path.stem for path in BUILTIN.glob("*.yaml")))
def test_a_playbook_with_anything_anywhere_loads_or_is_told(name):
    for text in mangled((BUILTIN / f"{name}.yaml").read_text(), 40):
        with contextlib.suppress(ContentError):
            parse_playbook(text, "play.yaml")


def test_every_playbook_that_comes_with_nephoscope_loads_and_one_bad_file_stops_no_other(tmp_path):
    (tmp_path / "playbooks").mkdir()
    (tmp_path / "playbooks" / "bad.yaml").write_text("name: [")
    found = load_playbooks([tmp_path])
    assert [error.where.rpartition("/")[2] for error in found.errors] == ["bad.yaml:2"]
    for name, one in found.by_name.items():
        assert one.where.startswith(f"playbooks/{name}.yaml"), name
        assert one.examples, name
        assert one.limits, name
