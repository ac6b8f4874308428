from nephoscope.assess import Fail, Pass, check


@check("AWS::EC2::VPC", severity="medium")
def vpc_has_flow_logs(vpc):
    """VPC logs the traffic that is rejected.

    Why: scans, and machines that were taken over, show in it.
    Fix: create a flow log for the VPC, for all traffic or for what is rejected.
    Source: https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs.html

    >>> vpc_has_flow_logs({"FlowLogs": [{"TrafficType": "ALL"}]})
    Pass()
    >>> vpc_has_flow_logs({"FlowLogs": [{"TrafficType": "ACCEPT"}]})
    Fail('no flow log records rejected traffic')
    >>> vpc_has_flow_logs({"FlowLogs": []})
    Fail('no flow log')
    >>> vpc_has_flow_logs({})
    Unknown('FlowLogs was not collected')
    """
    traffic = [log["TrafficType"] for log in vpc.each("FlowLogs")]
    if "ALL" in traffic or "REJECT" in traffic:
        return Pass()
    return Fail("no flow log records rejected traffic" if traffic else "no flow log")
