import json

import pytest

from nephoscope.model.advisory import Advisory
from nephoscope.model.errors import SourceError
from nephoscope.scan.secdb import advisories, branch_of


def test_a_branch_is_read_for_any_ecosystem_with_apk():
    packages = [{"pkg": {"name": "a", "secfixes": {"1.2-r1": ["CVE-2024-1"], "1.10-r0": ["CVE-2024-1"]}}}, {"pkg": 7}]
    branch = branch_of(json.dumps({"packages": packages}).encode(), "f", "a database")
    advisory, gap = sorted(advisories(branch, "Wolfi", "WOLFI", "f"), key=lambda one: not isinstance(one, Advisory))

    assert (advisory.id, advisory.affected[0].ranges[0].events[1].fixed) == ("WOLFI-CVE-2024-1", "1.10-r0")
    assert gap.subject == "f: packages[1]"


def test_content_of_another_shape_is_refused():
    with pytest.raises(SourceError, match="is no file of a database"):
        branch_of(b"[]", "f", "a database")
