from nephoscope.assess import Fail, Pass, check
from nephoscope.assess.ages import days_since
from nephoscope.assess.lifecycles import EKS_VERSIONS
from nephoscope.model.errors import NotCollected


@check("AWS::EKS::Cluster", severity="medium")
def eks_cluster_version_is_supported(cluster):
    """EKS cluster's Kubernetes version is in standard support.

    Why: later versions bring the fixes; extended support costs extra, and ends too.
    Fix: upgrade the cluster, one minor version at a time.
    Source: https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html

    >>> def cluster(version):
    ...     return {"Version": version, "observed": {"JudgedAt": "2026-11-01T00:00:00+00:00"}}
    >>> eks_cluster_version_is_supported(cluster("1.34"))
    Pass()
    >>> eks_cluster_version_is_supported(cluster("1.29"))
    Fail('standard support of 1.29 ended 2025-03-23')
    >>> eks_cluster_version_is_supported(cluster("9.9"))
    Unknown('the end of support of 9.9 is not known')
    """
    version = str(cluster["Version"])
    if version not in EKS_VERSIONS:
        raise NotCollected(f"the end of support of {version}", "is not known")
    end = EKS_VERSIONS[version]
    is_over = days_since(cluster, f"{end}T00:00:00+00:00") > 0
    return Fail(f"standard support of {version} ended {end}") if is_over else Pass()
