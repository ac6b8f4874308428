"""Every check proves itself by its own examples, and never passes on what it could not see."""

import ast
import doctest
import inspect
import json
import re
from functools import lru_cache
from pathlib import Path

import pytest

from nephoscope.assess import Check, Fail, Pass
from nephoscope.assess.assessor import builtin_checks
from nephoscope.model.view import guarded

CHECKS = builtin_checks()
OWN_TYPES = {
    "AWS::EC2::AccountSettings",
    "AWS::EC2::Image",
    "AWS::EC2::Snapshot",
    "AWS::IAM::AccountPasswordPolicy",
    "AWS::IAM::Root",
    "AWS::S3::AccountPublicAccessBlock",
}
every_check = pytest.mark.parametrize("name", sorted(CHECKS))


def examples(check):
    return doctest.DocTestParser().get_examples(inspect.getdoc(check.question))


def namespace(check):
    return dict(inspect.getmodule(check.question).__dict__)


def source(check):
    return Path(inspect.getsourcefile(check.question))


@lru_cache
def known_types():
    cfnlint = pytest.importorskip("cfnlint")
    folder = Path(cfnlint.__file__).parent / "data" / "schemas" / "providers"
    return frozenset(json.loads((folder / "us-east-1.json").read_text())) | OWN_TYPES


def passing_calls(check, wanted=Pass):
    """(item, not_collected) of each call in the examples that passes, run as the examples run."""
    calls, scope = [], namespace(check)

    def spy(item, not_collected=None):
        verdict = check(item, not_collected)
        if isinstance(verdict, wanted):
            calls.append((item, not_collected or {}))
        return verdict

    scope[check.name] = spy
    for example in examples(check):
        code = compile(ast.parse(example.source), "example", "exec")
        exec(code, scope)
    return calls


@every_check
def test_a_check_does_what_its_examples_say(name):
    check = CHECKS[name]
    test = doctest.DocTestParser().get_doctest(
        inspect.getdoc(check.question), namespace(check), name, str(source(check)), 0
    )
    report = []
    doctest.DocTestRunner(verbose=False).run(test, out=report.append)
    assert not report, "".join(report)


@every_check
def test_a_check_shows_when_it_passes_fails_and_does_not_know(name):
    shown = "".join(example.want for example in examples(CHECKS[name]))
    for verdict in ("Pass()", "Fail(", "Unknown("):
        assert verdict in shown
    if "NotApplicable(" in inspect.getsource(inspect.getmodule(CHECKS[name].question)):
        assert "NotApplicable(" in shown


@every_check
def test_a_check_tells_what_is_true_why_it_matters_and_what_to_do(name):
    check = CHECKS[name]
    assert 10 < len(check.title) < 110
    assert not re.match(r"(Ensure|Check)\b", check.title)
    assert len(check.why) > 20
    assert len(check.fix) > 10
    assert check.source.startswith("https://")


@every_check
def test_a_check_bears_the_name_of_its_file_and_fits_on_a_page(name):
    check = CHECKS[name]
    assert check.name == name == source(check).stem
    assert len(source(check).read_text().splitlines()) <= 80


@every_check
def test_a_check_asks_about_resource_types_that_exist(name):
    assert CHECKS[name].types
    assert set(CHECKS[name].types) <= known_types()


@every_check
def test_a_denied_read_of_anything_a_check_asks_for_never_passes(name):
    check = CHECKS[name]
    calls = passing_calls(check)
    assert calls
    for item, not_collected in calls:
        reads = set()
        check(guarded(item, not_collected, reads))
        assert reads
        for path in reads:
            pointer = "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in path)
            verdict = check(guarded(item, {**not_collected, pointer: "AccessDenied"}))
            assert not isinstance(verdict, Pass), f"{name} passes although {pointer} was denied"


def misshapen(value):
    """A configuration with one list or object in it replaced by something else, in every way."""
    if isinstance(value, dict | list):
        for other in ("", "x", 0, 5, True, False, [], {}):
            if type(other) is not type(value):
                yield other
    for key, part in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        for other in misshapen(part):
            yield {**value, key: other} if isinstance(value, dict) else [*value[:key], other, *value[key + 1 :]]


@every_check
def test_a_failing_item_does_not_pass_because_a_part_of_it_has_another_shape(name):
    check = CHECKS[name]
    for item, not_collected in passing_calls(check, Fail):
        for other in misshapen(item):
            if isinstance(other, dict):
                assert not isinstance(check(other, not_collected), Pass), f"{name} passes {other}"


@every_check
def test_a_check_never_passes_an_item_of_which_nothing_is_known(name):
    check = CHECKS[name]
    assert isinstance(check, Check)
    assert not isinstance(check({}, {"": "AccessDenied"}), Pass)


def test_there_are_checks_enough_and_the_folder_can_still_be_read():
    assert 70 <= len(CHECKS) <= 110  # beyond that the folder is split by service
