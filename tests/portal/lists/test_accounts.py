import pytest
from tests.portal.conftest import ONE, TWO

from nephoscope.portal.lists.accounts import health


def test_an_account_says_its_health_and_what_is_missing(viewer, scoped):
    account = viewer.get(f"accounts/{ONE}").json()

    assert (account["name"], account["health"], account["denied"]) == ("prod", "partial", ["s3:GetBucketAcl"])
    assert viewer.get(f"accounts/{TWO}").json()["is_configured"] is False
    assert scoped.get(f"accounts/{ONE}").status_code == 404


@pytest.mark.parametrize(
    ("gaps", "item", "state"), [(0, 1, "ok"), (1, 1, "partial"), (1, None, "blind"), (0, None, "waiting")]
)
def test_health_never_takes_silence_for_good(gaps, item, state):
    assert health({"gaps": gaps, "last_item_at": item, "last_event_at": None}) == state
