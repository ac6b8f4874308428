"""What runs code and takes requests: Lambda, EKS, ECR, load balancers, Auto Scaling.

Source: https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/lambda_function
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nephoscope.inventory.templates.fold import Fold
from nephoscope.inventory.templates.mapping import Json, Many, One, To, Via
from nephoscope.inventory.templates.unresolved import Unresolved

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nephoscope.inventory.templates.mapping import Target

BALANCER = "AWS::ElasticLoadBalancingV2::LoadBalancer"
FUNCTION = "AWS::Lambda::Function"
ATTRIBUTES = {
    "enable_deletion_protection": "deletion_protection.enabled",
    "drop_invalid_header_fields": "routing.http.drop_invalid_header_fields.enabled",
    "idle_timeout": "idle_timeout.timeout_seconds",
}


def _balancer(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """A load balancer's settings, which CloudFormation has as a list of attributes."""
    attributes = [(key, values.get(name)) for name, key in ATTRIBUTES.items()]
    for block in values.get("access_logs") or [] if isinstance(values.get("access_logs"), list) else []:
        attributes.append(("access_logs.s3.enabled", block.get("enabled")))
    kept = {key: value for key, value in values.items() if key not in ATTRIBUTES and key != "access_logs"}
    made = [{"Key": key, "Value": _text(value)} for key, value in attributes if value is not None]
    return kept | {"attributes": made}


def _text(value: Any) -> Any:
    return value if isinstance(value, Unresolved) else str(value).lower()


def _logged(kinds: Any) -> Any:
    return [{"Type": kind} for kind in kinds] if isinstance(kinds, list) else kinds


LISTENER = To(
    "AWS::ElasticLoadBalancingV2::Listener",
    {
        "default_action": Many("DefaultActions", {"redirect": One("RedirectConfig"), "forward": One("ForwardConfig")}),
        "certificate_arn": Via("Certificates", lambda arn: [{"CertificateArn": arn}]),
    },
    {"Protocol": "HTTP"},
    (Fold(BALANCER, "LoadBalancerArn", "Listeners", several=True),),
)
LOAD_BALANCER = To(
    BALANCER,
    {
        "name": "Name",
        "name_prefix": None,
        "load_balancer_type": "Type",
        "internal": Via("Scheme", lambda value: "internal" if value in (True, "true") else "internet-facing"),
        "attributes": "LoadBalancerAttributes",
    },
    reshape=_balancer,
)
LAUNCH_TEMPLATE: dict[str, Target] = {"id": "LaunchTemplateId", "name": "LaunchTemplateName"}
TYPES: dict[str, To] = {
    "aws_lambda_function": To(FUNCTION, {"environment": One("Environment", {"variables": "Variables"})}),
    "aws_lambda_permission": To(
        "AWS::Lambda::Permission",
        {"principal_org_id": "PrincipalOrgID"},
        folds=(Fold(FUNCTION, "FunctionName", "Permissions", several=True),),
    ),
    "aws_lambda_function_url": To(
        "AWS::Lambda::Url",
        {"authorization_type": "AuthType"},
        folds=(Fold(FUNCTION, "FunctionName", "UrlConfig"),),
    ),
    "aws_eks_cluster": To(
        "AWS::EKS::Cluster",
        {
            "name": "Name",
            "vpc_config": One("ResourcesVpcConfig"),
            "enabled_cluster_log_types": Via("Logging.ClusterLogging.EnabledTypes", _logged),
            "encryption_config": Many("EncryptionConfig", {"provider": One("Provider")}),
        },
    ),
    "aws_ecr_repository": To(
        "AWS::ECR::Repository",
        {
            "name": "RepositoryName",
            "image_scanning_configuration": One("ImageScanningConfiguration"),
            "encryption_configuration": One("EncryptionConfiguration"),
        },
    ),
    "aws_ecr_repository_policy": To(
        "aws_ecr_repository_policy",
        {"policy": Json("Policy"), "repository": "Repository"},
        folds=(Fold("AWS::ECR::Repository", "Repository", "RepositoryPolicyText", only="Policy"),),
    ),
    "aws_lb": LOAD_BALANCER,
    "aws_alb": LOAD_BALANCER,
    "aws_lb_listener": LISTENER,
    "aws_alb_listener": LISTENER,
    "aws_autoscaling_group": To(
        "AWS::AutoScaling::AutoScalingGroup",
        {
            "name": "AutoScalingGroupName",
            "launch_configuration": "LaunchConfigurationName",
            "launch_template": One("LaunchTemplate", LAUNCH_TEMPLATE),
            "mixed_instances_policy": One("MixedInstancesPolicy", {"launch_template": One("LaunchTemplate")}),
            "target_group_arns": "TargetGroupARNs",
            "load_balancers": "LoadBalancerNames",
        },
    ),
    "aws_launch_configuration": To(
        "AWS::AutoScaling::LaunchConfiguration",
        {"name": "LaunchConfigurationName", "metadata_options": One("MetadataOptions")},
    ),
}
