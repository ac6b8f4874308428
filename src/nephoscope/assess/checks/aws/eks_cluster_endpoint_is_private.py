from nephoscope.assess import Fail, Pass, check


@check("AWS::EKS::Cluster", severity="low")
def eks_cluster_endpoint_is_private(cluster):
    """EKS cluster's API has no public endpoint.

    Why: a leaked kubeconfig is of no use outside the network.
    Fix: enable the private endpoint and disable the public one.
    Source: https://docs.aws.amazon.com/eks/latest/userguide/cluster-endpoint.html

    >>> eks_cluster_endpoint_is_private({"ResourcesVpcConfig": {"EndpointPublicAccess": False}})
    Pass()
    >>> eks_cluster_endpoint_is_private({"ResourcesVpcConfig": {}})
    Fail('the public endpoint is on')
    >>> eks_cluster_endpoint_is_private({})
    Unknown('ResourcesVpcConfig was not collected')
    """
    is_public = cluster["ResourcesVpcConfig"].flag("EndpointPublicAccess", True)
    return Fail("the public endpoint is on") if is_public else Pass()
