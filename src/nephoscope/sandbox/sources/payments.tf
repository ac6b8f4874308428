# The payment service of the production account, eu-west-1.

terraform {
  required_providers {
    aws = { source = "hashicorp/aws", version = "~> 6.0" }
  }
}

variable "region" {
  type    = string
  default = "eu-west-1"
}

locals {
  name = "payments"
  tags = { service = "payments", "managed-by" = "terraform" }
}

provider "aws" {
  region = var.region
}

resource "aws_vpc" "payments" {
  cidr_block           = "10.40.0.0/16"
  enable_dns_support   = true
  enable_dns_hostnames = true
  tags                 = merge(local.tags, { Name = local.name })
}

resource "aws_subnet" "payments" {
  vpc_id                  = aws_vpc.payments.id
  cidr_block              = "10.40.1.0/24"
  availability_zone       = "${var.region}a"
  map_public_ip_on_launch = false
  tags                    = merge(local.tags, { Name = local.name })
}

resource "aws_security_group" "payments" {
  name        = "payments"
  description = "Payment service"
  vpc_id      = aws_vpc.payments.id
  tags        = local.tags

  ingress {
    description = "HTTPS from the shop"
    protocol    = "tcp"
    from_port   = 443
    to_port     = 443
    cidr_blocks = ["10.10.0.0/15"]
  }

  egress {
    protocol    = "-1"
    from_port   = 0
    to_port     = 0
    cidr_blocks = ["0.0.0.0/0"]
  }
}

resource "aws_kms_key" "payments" {
  description             = "payments"
  enable_key_rotation     = true
  deletion_window_in_days = 30
  tags                    = local.tags
}

resource "aws_dynamodb_table" "payments" {
  name         = "payments"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"
  tags         = local.tags

  attribute {
    name = "id"
    type = "S"
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled     = true
    kms_key_arn = aws_kms_key.payments.arn
  }
}

resource "aws_sqs_queue" "settlements" {
  name                      = "settlements"
  message_retention_seconds = 1209600
  kms_master_key_id         = "alias/aws/sqs"
  tags                      = local.tags
}

resource "aws_cloudwatch_log_group" "payments" {
  name              = "/payments/service"
  retention_in_days = 365
  tags              = local.tags
}
