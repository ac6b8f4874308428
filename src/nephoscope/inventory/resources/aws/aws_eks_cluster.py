"""AWS::EKS::Cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from nephoscope.inventory.resource import Draft, Reader
from nephoscope.inventory.shape import key_values, pascal, pick

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nephoscope.inventory.resource import View

NAMES = "Name Arn Version RoleArn Endpoint EncryptionConfig DeletionProtection"
VPC = "SubnetIds SecurityGroupIds EndpointPublicAccess EndpointPrivateAccess PublicAccessCidrs"


class AwsEksCluster(Reader):
    """EKS clusters.

    Source: https://docs.aws.amazon.com/eks/latest/APIReference/API_Cluster.html
    """

    type: ClassVar[str] = "AWS::EKS::Cluster"
    named_by = ("name", "clusterName", "resourceArn")
    makes_calls = True
    permissions = ("eks:ListClusters", "eks:DescribeCluster")

    def find(self, view: View) -> Iterator[Any]:
        return view.every("eks", "ListClusters", "clusters")

    def get(self, view: View, id: str) -> Any | None:
        return id if view.maybe("eks", "DescribeCluster", name=id) is not None else None

    def draft(self, view: View, found: Any) -> Draft:
        answer = view.call("eks", "DescribeCluster", name=found)["cluster"]
        cluster = pascal({key: value for key, value in answer.items() if key != "tags"})
        draft = Draft(pick(cluster, NAMES), observed=pick(cluster, "Status CreatedAt PlatformVersion"))
        draft["ResourcesVpcConfig"] = pick(cluster.get("ResourcesVpcConfig", {}), VPC)
        draft["AccessConfig"] = pick(cluster.get("AccessConfig", {}), "AuthenticationMode")
        draft["EncryptionConfig"] = cluster.get("EncryptionConfig", [])
        draft["ClusterSecurityGroupId"] = cluster.get("ResourcesVpcConfig", {}).get("ClusterSecurityGroupId")
        draft["OpenIdConnectIssuerUrl"] = cluster.get("Identity", {}).get("Oidc", {}).get("Issuer")
        logs = cluster.get("Logging", {}).get("ClusterLogging", ())
        enabled = sorted(kind for one in logs if one.get("Enabled") for kind in one.get("Types", ()))
        draft["Logging"] = {"ClusterLogging": {"EnabledTypes": [{"Type": kind} for kind in enabled]}}
        draft["Tags"] = key_values(answer.get("tags"))
        draft.relate("uses", "AWS::IAM::Role", cluster.get("RoleArn", "").rpartition("/")[2])
        draft.relate("is contained in", "AWS::EC2::Subnet", draft.configuration["ResourcesVpcConfig"].get("SubnetIds"))
        return draft

    def id(self, configuration: dict[str, Any]) -> str:
        return configuration["Name"]
