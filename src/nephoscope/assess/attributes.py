"""Attributes of load balancers: a list of keys with values that are text."""

from __future__ import annotations

from typing import Any


def is_on(balancer: Any, key: str) -> bool:
    """Whether an attribute is `true`; all that are asked for here are `false` where they are not set.

    Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancerAttribute.html
    """
    attributes = balancer.get("LoadBalancerAttributes") or ()
    values = [str(attribute["Value"]).lower() for attribute in attributes if attribute["Key"] == key]
    return values == ["true"]
