import json

import pytest


@pytest.mark.parametrize("form", ["iam", "cloudformation", "terraform"])
def test_the_role_is_printed_with_what_the_calls_declare(viewer, form):
    asked = {"trust": "111122223333", "external_id": "x-1", "format": form, "log_bucket": "trail"}
    found = viewer.get("accounts/role", **asked).json()

    assert "s3:GetBucketPolicy" in found["content"]
    assert "s3:GetBucketPolicy" in found["permissions"] or found["permissions"]
    if form == "cloudformation":
        assert "x-1" in json.dumps(json.loads(found["content"]))


@pytest.mark.parametrize("wrong", [{"trust": "1"}, {"external_id": "${x}"}, {"log_bucket": "A*"}, {"format": "pulumi"}])
def test_what_would_break_the_file_is_refused(viewer, wrong):
    assert viewer.get("accounts/role", **({"trust": "111122223333"} | wrong)).status_code == 422
