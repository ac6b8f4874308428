from nephoscope.assess import Fail, NotApplicable, Pass, check
from nephoscope.assess.attributes import is_on


@check("AWS::ElasticLoadBalancingV2::LoadBalancer", severity="medium")
def elb_load_balancer_drops_invalid_headers(balancer):
    """Load balancer drops headers that are not valid.

    Why: servers that read them differently can be tricked into mixing up requests.
    Fix: set the attribute routing.http.drop_invalid_header_fields.enabled.
    Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html

    >>> on = [{"Key": "routing.http.drop_invalid_header_fields.enabled", "Value": "true"}]
    >>> elb_load_balancer_drops_invalid_headers({"LoadBalancerAttributes": on})
    Pass()
    >>> elb_load_balancer_drops_invalid_headers({"Type": "application"})
    Fail('invalid headers are passed on')
    >>> elb_load_balancer_drops_invalid_headers({"Type": "network"})
    NotApplicable('not an application load balancer')
    >>> elb_load_balancer_drops_invalid_headers({}, {"/LoadBalancerAttributes": "AccessDenied"})
    Unknown('LoadBalancerAttributes was not collected: AccessDenied')
    """
    if balancer.get("Type", "application") != "application":
        return NotApplicable("not an application load balancer")
    if is_on(balancer, "routing.http.drop_invalid_header_fields.enabled"):
        return Pass()
    return Fail("invalid headers are passed on")
