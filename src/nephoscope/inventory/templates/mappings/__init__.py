"""One file, a service's Terraform types: how their attributes are called in CloudFormation. Copy a neighbour."""

from nephoscope.inventory.templates.mappings import (
    aws_audit,
    aws_compute,
    aws_databases,
    aws_ec2,
    aws_iam,
    aws_messages,
    aws_s3,
    aws_vpc,
)

FILES = (aws_audit, aws_compute, aws_databases, aws_ec2, aws_iam, aws_messages, aws_s3, aws_vpc)
TYPES = {name: to for file in FILES for name, to in file.TYPES.items()}
