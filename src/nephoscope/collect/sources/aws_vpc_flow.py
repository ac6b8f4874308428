"""Amazon VPC flow logs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from nephoscope.collect.aws_files import AwsLogFiles
from nephoscope.collect.flow import FlowBatch, read_flows
from nephoscope.model.event import LogSource

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class AwsVpcFlow(AwsLogFiles):
    """Amazon VPC flow logs: who talked with whom, accepted or rejected.

    Fields go by AWS's names with hyphens, underscores or neither (`tcp-flags`, `tcp_flags`); `-` is absent.
    Limits: a record sums up to ten minutes of packets; SKIPDATA says that some were not recorded. Text files only.
    Source: https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html
    """

    name = "aws_vpc_flow"
    log_source = LogSource(product="aws", service="vpcflow")
    columns = {
        "account-id": "cloud.account.uid",
        "region": "cloud.region",
        "interface-id": "src_endpoint.interface_uid",
        "instance-id": "src_endpoint.instance_uid",
        "srcaddr": "src_endpoint.ip",
        "srcport": "src_endpoint.port",
        "dstaddr": "dst_endpoint.ip",
        "dstport": "dst_endpoint.port",
        "protocol": "connection_info.protocol_num",
        "flow-direction": "connection_info.direction",
        "tcp-flags": "connection_info.tcp_flags",
        "packets": "traffic.packets",
        "bytes": "traffic.bytes",
        "action": "disposition",
        "log-status": "event_code",
    }
    folder = "vpcflowlogs"
    file_name = re.compile(
        r"/(?P<account>\d{12})_vpcflowlogs_(?P<region>[a-z0-9-]+)_[^/]+_(?P<stamp>\d{8}T\d{4}Z)_[^/]+\.log(?:\.gz)?$"
    )

    @classmethod
    def batches(cls, stream: BinaryIO, origin: str) -> Iterator[FlowBatch]:
        return read_flows(stream, origin, (cls.name, cls.log_source, cls.columns))
