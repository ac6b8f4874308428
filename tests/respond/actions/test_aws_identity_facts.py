import json

import pytest

from nephoscope.model.errors import Refused
from nephoscope.respond.actions.aws_identity_facts import AwsIdentityFacts
from tests.respond.captures import PLACE, Denying, captured, missing
from tests.respond.estate import ask, role
from tests.respond.harness import Known, world_of


class Lake(Known):
    def events(self, account, *, actor="", resource="", days=7):
        return [{"actor": actor}]


def test_a_key_leads_to_its_user_and_both_to_their_events(aws):
    ask(aws, "iam", "CreateUser", UserName="ann")
    key = ask(aws, "iam", "CreateAccessKey", UserName="ann")["AccessKey"]["AccessKeyId"]
    aws.used.clear()
    kept, told = captured(AwsIdentityFacts(**PLACE, access_key_id=key), aws, Lake())
    assert json.loads(kept["identity/events-ann.json"])[0]["actor"] == told["arns"][0]
    assert json.loads(kept[f"identity/events-{key}.json"]) == [{"actor": key}]
    assert "identity/user/ann.json" in kept
    assert aws.used <= set(AwsIdentityFacts.permissions)


def test_a_role_is_captured(aws):
    role(aws)
    kept, told = captured(AwsIdentityFacts(**PLACE, role_name="web"), aws, Lake())
    assert {"identity/role/web.json", "identity/events-web.json"} <= set(kept)
    assert told["missing"] == []


def test_a_temporary_key_has_events_only(aws):
    kept, _ = captured(AwsIdentityFacts(**PLACE, access_key_id="ASIAEXAMPLE"), aws, Lake())
    assert "identity/events-ASIAEXAMPLE.json" in kept
    assert "no temporary keys" in missing(kept)["identity/key/ASIAEXAMPLE"]


def test_denied_everything_the_key_has_its_events(aws):
    kept, _ = captured(AwsIdentityFacts(**PLACE, access_key_id="AKIAEXAMPLE"), Denying(aws), Lake())
    assert set(kept) == {"identity/events-AKIAEXAMPLE.json", "identity/not_captured.json"}


def test_nobody_is_refused(aws):
    with pytest.raises(Refused, match="needs an access_key_id"):
        AwsIdentityFacts(**PLACE).state(world_of(aws))


@pytest.mark.parametrize(
    ("who", "kind"),
    [({"user_name": "a"}, "User"), ({"role_name": "a"}, "Role"), ({"access_key_id": "a"}, "AccessKey")],
)
def test_the_target_is_who_was_named(who, kind):
    assert AwsIdentityFacts(**PLACE, **who).target.type == f"AWS::IAM::{kind}"
