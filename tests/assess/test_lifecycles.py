import json
from datetime import date
from pathlib import Path

import pytest

from nephoscope.assess.lifecycles import EKS_VERSIONS, LAMBDA_RUNTIMES


@pytest.mark.parametrize("days", [LAMBDA_RUNTIMES, EKS_VERSIONS])
def test_every_end_is_a_day(days):
    assert all(date(2016, 1, 1) < date.fromisoformat(day) < date(2035, 1, 1) for day in days.values())


def test_the_ends_of_runtimes_are_those_that_cfn_lint_knows():
    cfnlint = pytest.importorskip("cfnlint")
    file = Path(cfnlint.__file__).parent / "data" / "AdditionalSpecs" / "LmbdRuntimeLifecycle.json"
    known = {name: each["deprecated"] for name, each in json.loads(file.read_text()).items()}
    assert {name: known[name] for name in known.keys() & LAMBDA_RUNTIMES.keys() - {"nodejs"}} == {
        name: LAMBDA_RUNTIMES[name] for name in known.keys() & LAMBDA_RUNTIMES.keys() - {"nodejs"}
    }
    assert known.keys() <= LAMBDA_RUNTIMES.keys()
