"""The sandbox hurries, so that nobody waits an hour for a digest."""

from nephoscope.sandbox.pace import Pace


def test_the_defaults_are_quicker_than_aws():
    assert (Pace().delivery_s, Pace().digest_s) == (2, 60)
