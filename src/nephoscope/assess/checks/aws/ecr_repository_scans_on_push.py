from nephoscope.assess import Fail, Pass, check


@check("AWS::ECR::Repository", severity="medium")
def ecr_repository_scans_on_push(repository):
    """ECR repository scans images for vulnerabilities when they are pushed.

    Why: known vulnerabilities are seen before the image runs.
    Fix: enable scanning on push, or enhanced scanning for the registry.
    Limits: what the registry's own scanning configuration adds is not seen here.
    Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning.html

    >>> ecr_repository_scans_on_push({"ImageScanningConfiguration": {"ScanOnPush": True}})
    Pass()
    >>> ecr_repository_scans_on_push({})
    Fail('scanning on push is off')
    >>> ecr_repository_scans_on_push({}, {"/ImageScanningConfiguration": "AccessDenied"})
    Unknown('ImageScanningConfiguration was not collected: AccessDenied')
    """
    scanning = repository.get("ImageScanningConfiguration")
    return Pass() if scanning and scanning.flag("ScanOnPush", False) else Fail("scanning on push is off")
