import pytest

from nephoscope.model.errors import ContentError
from nephoscope.model.response import Target
from nephoscope.respond.guard import guard

TARGET = Target("1", "eu-west-1", "AWS::EC2::Instance", "i-1")


class Known:
    def __init__(self, item):
        self.found = item

    def item(self, type_, id_, account, region=""):
        return self.found


def test_a_marked_resource_is_protected_without_any_rule():
    assert "protected" in guard([], "here").refusal(TARGET, Known({"tags": {"nephoscope:protected": ""}}))
    assert guard([], "here").refusal(TARGET, Known({"tags": {}})) == ""


def test_a_rule_protects_by_account_type_and_tags():
    rules = guard(["account == '2'", "'role' in tags && tags['role'] == 'domain-controller'"], "here")
    assert rules.refusal(TARGET, Known({"tags": {"role": "web"}})) == ""
    assert "domain-controller" in rules.refusal(TARGET, Known({"tags": {"role": "domain-controller"}}))


def test_what_is_not_known_may_be_protected():
    assert "is not known" in guard(["'x' in tags"], "here").refusal(TARGET, Known(None))
    assert guard(["account == '2'"], "here").refusal(TARGET, Known(None)) == ""


def test_a_rule_that_cannot_be_judged_protects():
    assert "cannot be said" in guard(["tags['role'] == 'x'"], "here").refusal(TARGET, Known({"tags": {}}))


def test_a_rule_that_does_not_load_is_told():
    with pytest.raises(ContentError, match="respond.protected"):
        guard(["tag == 'x'"], "respond.protected")
