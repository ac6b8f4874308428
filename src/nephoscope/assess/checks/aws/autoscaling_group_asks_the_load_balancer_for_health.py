from nephoscope.assess import Fail, NotApplicable, Pass, check


@check("AWS::AutoScaling::AutoScalingGroup", severity="low")
def autoscaling_group_asks_the_load_balancer_for_health(group):
    """Auto Scaling group behind a load balancer replaces instances that the load balancer finds unhealthy.

    Why: a machine that runs but does not answer would stay.
    Fix: set the health check type to ELB.
    Source: https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-health-checks.html

    >>> behind = {"TargetGroupARNs": ["arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/a/b"]}
    >>> autoscaling_group_asks_the_load_balancer_for_health({**behind, "HealthCheckType": "ELB"})
    Pass()
    >>> autoscaling_group_asks_the_load_balancer_for_health(behind)
    Fail('the health check type is EC2')
    >>> autoscaling_group_asks_the_load_balancer_for_health({"TargetGroupARNs": [], "LoadBalancerNames": []})
    NotApplicable('no load balancer')
    >>> autoscaling_group_asks_the_load_balancer_for_health(behind, {"/HealthCheckType": "AccessDenied"})
    Unknown('HealthCheckType was not collected: AccessDenied')
    """
    if not (group.get("TargetGroupARNs") or group.get("LoadBalancerNames")):
        return NotApplicable("no load balancer")
    kind = group.get("HealthCheckType", "EC2")
    return Pass() if "ELB" in kind.split(",") else Fail(f"the health check type is {kind}")
