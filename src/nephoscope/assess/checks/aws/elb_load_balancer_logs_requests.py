from nephoscope.assess import Fail, Pass, check
from nephoscope.assess.attributes import is_on


@check("AWS::ElasticLoadBalancingV2::LoadBalancer", severity="medium")
def elb_load_balancer_logs_requests(balancer):
    """Load balancer logs the requests it gets.

    Why: without it nobody can say afterwards who asked for what.
    Fix: set the attribute access_logs.s3.enabled, and a bucket.
    Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html

    >>> logs = {"Key": "access_logs.s3.enabled", "Value": "true"}
    >>> elb_load_balancer_logs_requests({"LoadBalancerAttributes": [logs]})
    Pass()
    >>> elb_load_balancer_logs_requests({"LoadBalancerAttributes": [{**logs, "Value": "false"}]})
    Fail('access logs are off')
    >>> elb_load_balancer_logs_requests({}, {"/LoadBalancerAttributes": "AccessDenied"})
    Unknown('LoadBalancerAttributes was not collected: AccessDenied')
    """
    return Pass() if is_on(balancer, "access_logs.s3.enabled") else Fail("access logs are off")
