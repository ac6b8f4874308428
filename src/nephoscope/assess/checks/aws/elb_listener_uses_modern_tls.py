import re

from nephoscope.assess import Fail, NotApplicable, Pass, check

MODERN = re.compile(r"ELBSecurityPolicy-(TLS13-1-[23]|TLS-1-2|FS-1-2)-[A-Za-z0-9-]+")


@check(
    "AWS::ElasticLoadBalancingV2::LoadBalancer",
    "AWS::ElasticLoadBalancingV2::Listener",
    severity="medium",
)
def elb_listener_uses_modern_tls(balancer):
    """Load balancer's encrypted listeners speak TLS 1.2 or later only.

    Why: earlier versions can be broken by whoever sits in between.
    Fix: choose a security policy such as ELBSecurityPolicy-TLS13-1-2-Res-2021-06.
    Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html

    >>> listener = {"Protocol": "HTTPS", "Port": 443, "SslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06"}
    >>> elb_listener_uses_modern_tls({"Listeners": [listener]})
    Pass()
    >>> elb_listener_uses_modern_tls({"Listeners": [{**listener, "SslPolicy": "ELBSecurityPolicy-2016-08"}]})
    Fail('port 443 uses ELBSecurityPolicy-2016-08')
    >>> elb_listener_uses_modern_tls({"Listeners": [{"Protocol": "HTTP", "Port": 80}]})
    NotApplicable('no listener speaks TLS')
    >>> elb_listener_uses_modern_tls({})
    Unknown('Listeners was not collected')
    """
    listeners = [balancer] if "Protocol" in balancer else balancer.each("Listeners")
    encrypted = [listener for listener in listeners if listener["Protocol"] in ("HTTPS", "TLS")]
    for listener in encrypted:
        policy = listener.get("SslPolicy", "ELBSecurityPolicy-2016-08")
        if not MODERN.fullmatch(policy):
            return Fail(f"port {listener.get('Port', '')} uses {policy}")
    return Pass() if encrypted else NotApplicable("no listener speaks TLS")
