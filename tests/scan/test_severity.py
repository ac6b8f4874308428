import gzip
import re

import msgspec
import pytest
from tests.shared_data import shared

from nephoscope.model.advisory import Advisory, Affected, Score
from nephoscope.scan.severity import severity_of, word_of

CRITICAL = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"


@pytest.mark.parametrize(
    ("record", "word"),
    [
        (Advisory("A", severity=[Score("CVSS_V3", CRITICAL)]), "critical"),
        (
            Advisory("A", severity=[Score("CVSS_V2", "AV:N/AC:M/Au:N/C:N/I:P/A:N"), Score("CVSS_V3", CRITICAL)]),
            "critical",
        ),
        (Advisory("A", severity=[Score("CVSS_V3", CRITICAL), Score("Ubuntu", "negligible")]), "low"),
        (Advisory("A", database_specific={"severity": "MODERATE"}), "medium"),
        (Advisory("A", severity=[Score("CVSS_V3", "nonsense")], database_specific={"severity": "Low"}), "low"),
        (Advisory("A", summary="Important: firefox security update"), "high"),
        (Advisory("A", summary="Important firefox update"), ""),
        (Advisory("A", database_specific={"severity": ["HIGH"]}), ""),
        (Advisory("A", database_specific="HIGH"), ""),
        (Affected(ecosystem_specific={"severity": "High"}), "high"),
        (Affected(), ""),
    ],
)
def test_the_gravest_word_that_is_said_for_it_is_found(record, word):
    assert severity_of(record) == word


@pytest.mark.parametrize(
    ("score", "word"),
    [(10, "critical"), (9, "critical"), (8.9, "high"), (4, "medium"), (3.9, "low"), (0, "informational")],
)
def test_scores_have_words(score, word):
    assert word_of(score) == word


def test_real_vectors_are_as_grave_as_their_publisher_says():
    """Those without threat and environmental metrics, which the publisher's word takes into account."""
    wrong, count = [], 0
    for line in gzip.decompress((shared("osv_bitnami") / "advisories.jsonl.gz").read_bytes()).splitlines():
        advisory = msgspec.json.decode(line, type=Advisory)
        said = advisory.database_specific["severity"].lower().replace("none", "informational")
        for affected in advisory.affected:
            vectors = [each.score for each in affected.severity or () if not re.search("/E:[PU]|/CR:[HML]", each.score)]
            if vectors:
                count += 1
                wrong += [vectors] if severity_of(affected) != said else []
    assert count > 7_000
    assert wrong == []
