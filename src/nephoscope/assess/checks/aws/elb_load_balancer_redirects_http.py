from nephoscope.assess import Fail, NotApplicable, Pass, check


@check(
    "AWS::ElasticLoadBalancingV2::LoadBalancer",
    "AWS::ElasticLoadBalancingV2::Listener",
    severity="medium",
)
def elb_load_balancer_redirects_http(balancer):
    """Load balancer sends whoever comes by plain HTTP to HTTPS.

    Why: over plain HTTP whoever sits in between reads passwords and sessions.
    Fix: give the HTTP listener a default action that redirects to HTTPS.
    Limits: listener rules are not seen here.
    Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-listeners.html

    >>> redirect = {"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "StatusCode": "HTTP_301"}}
    >>> http = {"Protocol": "HTTP", "Port": 80, "DefaultActions": [redirect]}
    >>> elb_load_balancer_redirects_http({"Listeners": [http]})
    Pass()
    >>> elb_load_balancer_redirects_http({"Listeners": [{**http, "DefaultActions": [{"Type": "forward"}]}]})
    Fail('port 80 answers over plain HTTP')
    >>> elb_load_balancer_redirects_http({"Listeners": [{"Protocol": "TLS", "Port": 443}]})
    NotApplicable('no listener speaks plain HTTP')
    >>> elb_load_balancer_redirects_http({})
    Unknown('Listeners was not collected')
    """
    listeners = [balancer] if "Protocol" in balancer else balancer.each("Listeners")
    plain = [listener for listener in listeners if listener["Protocol"] == "HTTP"]
    for listener in plain:
        if not all(is_redirect(action) for action in listener.each("DefaultActions")):
            return Fail(f"port {listener.get('Port', '')} answers over plain HTTP")
    return Pass() if plain else NotApplicable("no listener speaks plain HTTP")


def is_redirect(action):
    return action["Type"] == "redirect" and action["RedirectConfig"].get("Protocol", "#{protocol}") == "HTTPS"
