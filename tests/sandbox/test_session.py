"""Sessions remember who issued them."""

from nephoscope.sandbox.answer import Outcome
from nephoscope.sandbox.caller import Backends
from nephoscope.sandbox.session import caller_identity, federation_token, remember, session_token
from tests.sandbox.made import JO, NOW, call

NOBODY = Backends({})


def test_the_caller_is_told_who_it_is():
    assert caller_identity(call("sts", "GetCallerIdentity"))["Arn"] == JO.arn


def test_a_federated_users_session_names_its_voucher():
    made = call("sts", "GetFederationToken", {"Name": "guest", "Policy": "{}"})
    given = federation_token(made)

    guest = remember(made, Outcome(given), NOBODY)

    assert guest.arn == "arn:aws:sts::111111111111:federated-user/guest"
    assert (guest.session.issuer_name, guest.session.policy) == ("jo", "{}")


def test_a_session_token_knows_of_the_second_factor():
    made = call("sts", "GetSessionToken", {"SerialNumber": "arn:mfa", "TokenCode": "123456", "DurationSeconds": 900})

    session = remember(made, Outcome(session_token(made)), NOBODY)

    assert session.session.has_mfa
    assert session.arn == JO.arn
    assert (session.session.expires_at - NOW).total_seconds() == 900


def test_two_sessions_never_share_a_key():
    made = call("sts", "GetSessionToken")
    keys = {session_token(made)["Credentials"]["AccessKeyId"] for _ in range(10)}
    assert len(keys) == 10


def test_other_answers_make_no_session():
    assert remember(call("iam", "GetUser"), Outcome({"User": {}}), NOBODY) is None
