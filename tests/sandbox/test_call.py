"""A call is a value that does not spill its body."""

from tests.sandbox.made import call


def test_a_calls_body_is_not_shown():
    assert "hunter2" not in repr(call("s3", "PutObject", body=b"hunter2"))
