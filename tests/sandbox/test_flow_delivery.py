"""VPC flow logs come to the bucket that was asked for."""

import gzip

from nephoscope.sandbox.control import start
from nephoscope.sandbox.pace import Pace
from tests.sandbox.conftest import Clients


def test_flow_logs_are_delivered_in_gz_files_of_their_account_and_region(tmp_path):
    with start(tmp_path, pace=Pace(3600, 3600, 3600)) as sandbox:
        clients = Clients(sandbox)
        s3, ec2 = clients("s3"), clients("ec2", "eu-west-1")
        s3.create_bucket(Bucket="flows")
        launched = ec2.run_instances(ImageId="ami-12345678", MinCount=1, MaxCount=1)["Instances"][0]
        made = ec2.create_flow_logs(
            ResourceIds=[launched["VpcId"]],
            ResourceType="VPC",
            TrafficType="ALL",
            LogDestinationType="s3",
            LogDestination="arn:aws:s3:::flows",
            MaxAggregationInterval=60,
        )["FlowLogIds"][0]

        assert sandbox.steer("flow-logs")["delivered"] >= 0
        for one in s3.list_objects_v2(Bucket="flows").get("Contents", []):
            assert one["Key"].startswith("AWSLogs/111111111111/vpcflowlogs/eu-west-1/")
            assert made in one["Key"]
            lines = gzip.decompress(s3.get_object(Bucket="flows", Key=one["Key"])["Body"].read()).decode().splitlines()
            assert lines[0].startswith("version account-id interface-id")
            assert all(len(line.split()) == len(lines[0].split()) for line in lines)
