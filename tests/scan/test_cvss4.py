"""Scores that FIRST publishes in its examples, and what a score must be whatever the vector."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nephoscope.scan import cvss
from nephoscope.scan.cvss4 import base_score

KNOWN = {
    "AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H": 10.0,
    "AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N": 9.3,
    "AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:N/VA:N/SC:N/SI:N/SA:N": 8.7,
    "AV:N/AC:L/AT:P/PR:N/UI:N/VC:H/VI:L/VA:L/SC:N/SI:N/SA:N": 8.3,
    "AV:N/AC:L/AT:P/PR:N/UI:P/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N": 7.7,
    "AV:L/AC:L/AT:P/PR:L/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N": 7.3,
    "AV:N/AC:L/AT:N/PR:N/UI:N/VC:L/VI:L/VA:L/SC:N/SI:N/SA:N": 6.9,
    "AV:N/AC:L/AT:N/PR:N/UI:A/VC:N/VI:N/VA:N/SC:L/SI:L/SA:N": 5.1,
    "AV:L/AC:L/AT:N/PR:N/UI:A/VC:L/VI:N/VA:N/SC:N/SI:N/SA:N": 4.6,
    "AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:N/SC:N/SI:N/SA:N": 0.0,
}
ORDER = {"AV": "NALP", "AC": "LH", "AT": "NP", "PR": "NLH", "UI": "NPA"} | dict.fromkeys(
    ("VC", "VI", "VA", "SC", "SI", "SA"), "HLN"
)


@pytest.mark.parametrize("vector", KNOWN)
def test_a_vector_has_its_published_score(vector):
    assert cvss.base_score(f"CVSS:4.0/{vector}") == KNOWN[vector]


def test_metrics_beyond_the_base_do_not_change_the_base_score():
    vector = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:N/VA:N/SC:N/SI:N/SA:N/E:U/CR:L/MAV:P/U:Red"

    assert base_score(vector) == 8.7


def score_of(levels):
    return base_score("CVSS:4.0/" + "/".join(f"{name}:{ORDER[name][level]}" for name, level in levels.items()))


@given(levels=st.fixed_dictionaries({name: st.integers(0, len(ORDER[name]) - 1) for name in ORDER}))
@settings(max_examples=500)
def test_a_vector_that_is_less_grave_in_one_metric_has_no_higher_score(levels):
    """But for three tenths, by which the specification's own table rises here and there."""
    score = score_of(levels)

    assert 0 <= score <= 10
    for name, level in levels.items():
        if level + 1 < len(ORDER[name]):
            assert score_of(levels | {name: level + 1}) <= score + 0.3


@pytest.mark.parametrize(
    "vector",
    [
        "CVSS:4.0/",
        "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H",
        "CVSS:4.0/AV:NA/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H",
        "CVSS:4.0/AV:/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H",
        "CVSS:4.0/AV:N/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H",
    ],
)
def test_what_is_no_vector_has_no_score(vector):
    assert cvss.base_score(vector) is None
