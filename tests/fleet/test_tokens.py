from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from nephoscope.fleet.tokens import check_token, make_token, parse_token
from nephoscope.model.errors import HostRefused

NOW = datetime(2026, 5, 2, 12, tzinfo=UTC)
PRINT = "ab" * 32


@pytest.fixture
def made():
    """A token for two hosts, and what is kept of it."""
    return make_token(PRINT, 2, NOW, NOW + timedelta(hours=1), {"team": "web"}, "ada")


def test_a_token_lets_in_whoever_holds_it(made):
    text, kept = made
    id_, secret = parse_token(text)

    assert id_ == kept.id
    assert check_token(kept, secret, NOW) == kept
    assert kept.tags == {"team": "web"}


def test_a_token_names_the_gateway_and_its_secret_is_not_kept(made):
    text, kept = made

    assert text.endswith(PRINT[:32])
    assert parse_token(text)[1] not in repr(kept)


def test_two_tokens_are_never_the_same(made):
    assert made[0] != make_token(PRINT, 2, NOW, NOW, {}, "ada")[0]


@pytest.mark.parametrize(
    "text",
    ["", "njt_", "njt_000000000000_x_" + "0" * 32, "njt_'; DROP TABLE join_tokens; --", "njt_\x00", "é" * 100_000],
)
def test_what_is_no_token_is_refused(text):
    with pytest.raises(HostRefused, match="join token") as refused:
        parse_token(text)
    assert refused.value.kind == "token"


def test_a_token_with_a_line_after_it_is_refused(made):
    with pytest.raises(HostRefused):
        parse_token(made[0] + "\n")


def test_unknown_wrong_used_up_and_expired_are_refused_alike(made):
    text, kept = made
    _, secret = parse_token(text)
    wrong = secret[:-1] + ("A" if secret[-1] != "A" else "B")
    causes = [
        (None, secret, NOW),
        (None, "", NOW),
        (kept, wrong, NOW),
        (replace(kept, uses=0), secret, NOW),
        (kept, secret, NOW + timedelta(hours=1)),
    ]

    said = set()
    for cause in causes:
        with pytest.raises(HostRefused) as refused:
            check_token(*cause)
        said.add((refused.value.kind, refused.value.detail))
    assert len(said) == 1
