import pytest

from nephoscope.assess import Fail, NotApplicable, Pass, Unknown
from nephoscope.assess.assessor import builtin_checks
from nephoscope.assess.framework import answers, frameworks, parse
from nephoscope.model.errors import ContentError

HEAD = 'title: T\nversion: "1"\npublisher: P\nsource: https://example.org\nrequirements:\n'
TWO = HEAD + (
    '  - {id: "1.1", about: a, checks: [iam_root_has_mfa, iam_root_has_no_access_keys]}\n'
    '  - {id: "1.10", about: b, checks: []}\n'
)


@pytest.mark.parametrize("name", sorted(frameworks()))
def test_every_framework_of_ours_names_checks_that_exist(name):
    framework = frameworks()[name]
    assert framework.name == name
    assert framework.checks <= builtin_checks().keys()
    assert framework.source.startswith("https://")
    assert len(framework.checks) >= 20
    assert all(len(requirement.about) < 60 for requirement in framework.requirements)


def test_cis_is_there_whole_also_what_no_check_answers():
    requirements = {each.id: each for each in frameworks()["cis_aws_5_0_0"].requirements}
    assert len(requirements) == 63
    assert {"1.1", "1.10", "4.16", "5.7"} <= requirements.keys()
    assert requirements["1.3"].checks == ("iam_root_has_no_access_keys",)
    assert requirements["1.1"].checks == ()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "not a framework"),
        ("[]", "not a framework"),
        ("title: T", "not a framework"),
        (HEAD + "  - {id: 1.10, about: a, checks: []}", "not a framework"),
        (HEAD + '  - {id: "1", about: a, checks: [iam_root_has_mfas]}', "did you mean iam_root_has_mfa?"),
        (HEAD + '  - {id: "1", about: a, checks: []}\n' * 2, "requirement 1 is there 2 times"),
    ],
)
def test_a_file_that_is_no_framework_is_refused_with_its_name_and_the_reason(text, reason):
    with pytest.raises(ContentError) as error:
        parse(text, "own.yaml")
    assert "own.yaml" in str(error.value)
    assert reason in str(error.value)


@pytest.mark.parametrize(
    ("verdicts", "said"),
    [
        ([Pass(), Fail("x"), Unknown("y")], "Fail"),
        ([Pass(), Unknown("y")], "Unknown"),
        ([Pass(), NotApplicable("z")], "Pass"),
        ([NotApplicable("z")], "NotApplicable"),
        ([], ""),
    ],
)
def test_a_requirement_is_met_only_if_nothing_fails_and_nothing_is_unknown(verdicts, said):
    first, second = answers(parse(TWO, "own.yaml"), [("iam_root_has_mfa", verdict) for verdict in verdicts])
    assert first.verdict == said
    assert sum(first.counts.values()) == len(verdicts)
    assert second.verdict == ""
