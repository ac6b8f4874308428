from nephoscope.assess import Fail, Pass, check


@check("AWS::EKS::Cluster", severity="medium")
def eks_cluster_encrypts_secrets(cluster):
    """EKS cluster encrypts Kubernetes secrets with a KMS key of yours.

    Why: whoever gets at the cluster's database then still needs the key.
    Fix: associate an encryption configuration for secrets with the cluster.
    Limits: from Kubernetes 1.28 on EKS encrypts with a key of its own where none is given.
    Source: https://docs.aws.amazon.com/eks/latest/userguide/enable-kms.html

    >>> config = {"Resources": ["secrets"], "Provider": {"KeyArn": "arn:x"}}
    >>> eks_cluster_encrypts_secrets({"EncryptionConfig": [config]})
    Pass()
    >>> eks_cluster_encrypts_secrets({})
    Fail('no key for secrets')
    >>> eks_cluster_encrypts_secrets({}, {"/EncryptionConfig": "AccessDenied"})
    Unknown('EncryptionConfig was not collected: AccessDenied')
    """
    configs = cluster.get("EncryptionConfig") or []
    return Pass() if any("secrets" in config["Resources"] for config in configs) else Fail("no key for secrets")
