from nephoscope.sandbox.call import Principal
from nephoscope.sandbox.caller import Backends
from nephoscope.sandbox.iam.stored import caller_of, identity_policies, session_policies, tags_of_principal
from tests.sandbox.iam.calls import ACCOUNT, role_session, user

NOTHING = Backends({})


def test_a_session_is_known_by_its_role():
    caller = caller_of(role_session())
    assert caller.kind == "AssumedRole"
    assert caller.issuer_arn == f"arn:aws:iam::{ACCOUNT}:role/reader"
    assert not caller_of(user()).is_session


def test_root_services_and_strangers_have_no_policies_of_their_own():
    assert identity_policies(Principal("Anonymous"), NOTHING) == ()


def test_only_a_limited_session_has_session_policies():
    assert session_policies(user(), NOTHING) is None
    assert session_policies(role_session(), NOTHING) is None
    text = '{"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}'
    [policy] = session_policies(role_session(policy=text), NOTHING)
    assert policy.statements[0].actions.patterns == ("s3:*",)


def test_the_tags_of_nobody_are_none():
    assert tags_of_principal(Principal("Anonymous"), NOTHING) == {}
