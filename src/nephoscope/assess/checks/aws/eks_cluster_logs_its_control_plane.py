from nephoscope.assess import Fail, Pass, check

KINDS = ("api", "audit", "authenticator", "controllerManager", "scheduler")


@check("AWS::EKS::Cluster", severity="medium")
def eks_cluster_logs_its_control_plane(cluster):
    """EKS cluster logs its control plane, all five kinds.

    Why: only the audit log tells who did what in the cluster.
    Fix: enable all control plane log types.
    Source: https://docs.aws.amazon.com/eks/latest/userguide/control-plane-logs.html

    >>> every = [{"Type": kind} for kind in ("api", "audit", "authenticator", "controllerManager", "scheduler")]
    >>> eks_cluster_logs_its_control_plane({"Logging": {"ClusterLogging": {"EnabledTypes": every}}})
    Pass()
    >>> eks_cluster_logs_its_control_plane({"Logging": {"ClusterLogging": {"EnabledTypes": every[2:]}}})
    Fail('api, audit are not logged')
    >>> eks_cluster_logs_its_control_plane({}, {"/Logging": "AccessDenied"})
    Unknown('Logging was not collected: AccessDenied')
    """
    logging = (cluster.get("Logging") or {}).get("ClusterLogging") or {}
    enabled = {kind["Type"] for kind in logging.get("EnabledTypes") or []}
    missing = [kind for kind in KINDS if kind not in enabled]
    return Fail(f"{', '.join(missing)} are not logged") if missing else Pass()
