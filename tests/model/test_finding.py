from dataclasses import replace
from datetime import UTC, datetime

from nephoscope.model.finding import Actor, Finding, Kind, Severity

STOPPED = Finding(
    Kind.DETECTION, "rule-1", "Logging stopped", Severity.HIGH, ("event-1",), datetime(2026, 1, 2, tzinfo=UTC)
)


def test_a_finding_has_one_id_however_often_and_whenever_it_is_found():
    again = replace(STOPPED, title="Trail stopped", time=datetime(2026, 1, 3, tzinfo=UTC))

    assert again.uid == STOPPED.uid
    assert len(STOPPED.uid) == 32


def test_another_rule_subject_or_kind_is_another_finding():
    others = [replace(STOPPED, rule="rule-2"), replace(STOPPED, subject=("event-2",))]
    others += [replace(STOPPED, kind=Kind.COMPLIANCE), replace(STOPPED, subject=("event-1", ""))]

    assert len({STOPPED.uid, *(other.uid for other in others)}) == 5


def test_severities_rise_from_informational_to_critical():
    assert sorted(Severity, key=lambda severity: severity.rank)[0] is Severity.INFORMATIONAL
    assert Severity.CRITICAL.rank > Severity.HIGH.rank > Severity.MEDIUM.rank > Severity.LOW.rank


def test_an_actor_is_called_by_the_best_name_known():
    assert str(Actor(uid="arn:aws:iam::1:user/a", name="a")) == "arn:aws:iam::1:user/a"
    assert str(Actor(name="a", type="IAMUser")) == "a"
    assert str(Actor()) == "unknown"


def test_a_subject_with_half_a_character_has_a_uid_too():
    assert len(replace(STOPPED, subject=("\ud83d",)).uid) == 32
