from nephoscope.assess import Fail, Pass, check
from nephoscope.assess.network import is_internet


@check("AWS::EKS::Cluster", severity="high")
def eks_cluster_endpoint_is_closed_to_internet(cluster):
    """EKS cluster's API does not answer the whole internet.

    Why: everyone can try stolen credentials, and new vulnerabilities, on it.
    Fix: name the networks that may reach the public endpoint, or disable it.
    Source: https://docs.aws.amazon.com/eks/latest/userguide/cluster-endpoint.html

    >>> office = {"EndpointPublicAccess": True, "PublicAccessCidrs": ["203.0.113.0/24"]}
    >>> eks_cluster_endpoint_is_closed_to_internet({"ResourcesVpcConfig": office})
    Pass()
    >>> eks_cluster_endpoint_is_closed_to_internet({"ResourcesVpcConfig": {"EndpointPublicAccess": True}})
    Fail('the public endpoint answers 0.0.0.0/0')
    >>> eks_cluster_endpoint_is_closed_to_internet({})
    Unknown('ResourcesVpcConfig was not collected')
    """
    network = cluster["ResourcesVpcConfig"]
    if not network.flag("EndpointPublicAccess", True):
        return Pass()
    for cidr in network.get("PublicAccessCidrs") or ["0.0.0.0/0"]:
        if is_internet(cidr):
            return Fail(f"the public endpoint answers {cidr}")
    return Pass()
