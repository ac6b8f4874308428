"""What no API call does is refused where its object is missing."""

import pytest

from nephoscope.model.errors import StoreError


@pytest.mark.parametrize("path", ["console-login", "instance-credentials"])
def test_what_is_not_said_is_asked_for(sandbox, path):
    with pytest.raises(StoreError, match="account|instance_id"):
        sandbox.steer(path)


def test_a_sign_in_with_an_unknown_name_hides_it(sandbox):
    assert sandbox.steer("console-login", account="111111111111", user_name="hunter2") == {"ConsoleLogin": "Failure"}
    last = (sandbox.folder / "records.jsonl").read_text().splitlines()[-1]
    assert "hunter2" not in last
