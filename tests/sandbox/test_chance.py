"""Moto's time and chance can be repeated."""

from datetime import UTC, datetime

import pytest

from nephoscope.sandbox.chance import Chance
from tests.sandbox.made import NOW


@pytest.fixture
def chance():
    return Chance("seed", NOW)


def test_the_same_number_throws_the_same_dice(chance):
    from moto.moto_api._internal import mock_random

    def thrown(number):
        with chance.at(NOW, number):
            return mock_random.uuid4()

    assert thrown(1) == thrown(1) != thrown(2)


def test_moto_sees_the_moment_that_it_is_told(chance):
    from moto.core.utils import utcnow

    with chance.at(NOW, 1):
        assert utcnow() == NOW.replace(tzinfo=None)
    assert utcnow().year >= datetime.now(UTC).year


def test_a_regions_own_resources_are_the_same_whichever_call_comes_first(chance):
    from moto.ec2.models import ec2_backends

    def default_vpc(account):
        with chance.at(NOW, 7):
            found = next(iter(ec2_backends[account]["eu-north-1"].vpcs))
        ec2_backends[account].pop("eu-north-1")
        return found

    assert default_vpc("333333333333") == default_vpc("333333333333")
