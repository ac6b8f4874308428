from datetime import timedelta

import pytest


@pytest.mark.parametrize(("scopes", "days"), [(["users"], 1), (["nothing"], 1), (["read"], -1), (["read"], 400)])
def test_a_token_has_some_of_ones_own_rights_for_a_year_at_most(viewer, clock, scopes, days):
    until = (clock() + timedelta(days=days)).isoformat()

    assert viewer.post("tokens", {"label": "x", "scopes": scopes, "expires_at": until}).status_code == 422


def test_its_text_is_shown_once_and_not_kept(portal, viewer, clock):
    until = (clock() + timedelta(days=1)).isoformat()
    made = viewer.post("tokens", {"label": "x", "scopes": ["read"], "expires_at": until}).json()

    assert made["secret"].startswith("nph_")
    assert made["secret"] not in viewer.get("tokens").text
    with portal.ledger.read() as connection:
        kept = [dict(row._mapping) for row in connection.exec_driver_sql("SELECT * FROM portal_tokens")]
    assert made["secret"] not in str(kept)
    assert viewer.get(f"tokens/{made['token']['id']}").json()["hint"] == made["secret"][:8]
