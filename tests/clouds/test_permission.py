import pytest

from nephoscope.clouds.permission import NAMES, permission_of


@pytest.mark.parametrize(
    ("call", "permission"),
    [
        (("ec2", "DescribeInstances"), "ec2:DescribeInstances"),
        (("elbv2", "DescribeLoadBalancers"), "elasticloadbalancing:DescribeLoadBalancers"),
        (("s3control", "GetPublicAccessBlock"), "s3:GetAccountPublicAccessBlock"),
    ],
)
def test_a_call_names_the_permission_iam_asks_for(call, permission):
    assert permission_of(*call) == permission


def test_every_name_that_differs_is_one_that_iam_knows():
    query = pytest.importorskip("policy_sentry.querying.actions")

    known = {action.lower() for service in ("s3", "lambda") for action in query.get_actions_for_service(service)}

    assert {name.lower() for name in NAMES.values()} <= known
