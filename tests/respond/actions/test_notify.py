from nephoscope.respond.actions.notify import Notify
from tests.respond.estate import ACCOUNT, REGION

ACTION = Notify(ACCOUNT, REGION, "security", "A key leaked", "See the finding.")


def test_the_plan_says_who_and_what():
    assert ACTION.plan(None, {}) == ("security is told: A key leaked.",)
    assert ACTION.target.id == "security"


def test_it_needs_no_permission_and_asks_for_no_consent():
    assert ACTION.permissions == ()
    assert not ACTION.irreversible
