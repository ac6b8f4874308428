"""EC2's two manners of logging are told apart."""

import pytest

from nephoscope.sandbox.ec2_names import always, is_young


@pytest.mark.parametrize("operation", ["CreateFlowLogs", "CreateNatGateway", "DescribeLaunchTemplates"])
def test_younger_operations_are_logged_as_xml(operation):
    assert is_young(operation)


@pytest.mark.parametrize("operation", ["RunInstances", "DescribeInstances", "CreateVpc"])
def test_older_operations_are_logged_as_sets(operation):
    assert not is_young(operation)


def test_sets_that_are_always_written_are_empty_and_not_shared():
    first, second = always("RunInstances"), always("RunInstances")
    first["monitoring"]["enabled"] = True
    assert second["monitoring"] == {"enabled": False}
    assert always("DescribeVpcs") == {"vpcSet": {}, "filterSet": {}}
