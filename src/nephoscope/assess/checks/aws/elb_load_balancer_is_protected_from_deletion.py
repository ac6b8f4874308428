from nephoscope.assess import Fail, Pass, check
from nephoscope.assess.attributes import is_on


@check("AWS::ElasticLoadBalancingV2::LoadBalancer", severity="low")
def elb_load_balancer_is_protected_from_deletion(balancer):
    """Load balancer is protected from deletion.

    Why: a slip, or a stolen credential, then cannot take the service off the net with one call.
    Fix: set the attribute deletion_protection.enabled.
    Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html

    >>> on = [{"Key": "deletion_protection.enabled", "Value": "true"}]
    >>> elb_load_balancer_is_protected_from_deletion({"LoadBalancerAttributes": on})
    Pass()
    >>> elb_load_balancer_is_protected_from_deletion({"LoadBalancerAttributes": []})
    Fail('deletion protection is off')
    >>> elb_load_balancer_is_protected_from_deletion({}, {"/LoadBalancerAttributes": "AccessDenied"})
    Unknown('LoadBalancerAttributes was not collected: AccessDenied')
    """
    return Pass() if is_on(balancer, "deletion_protection.enabled") else Fail("deletion protection is off")
