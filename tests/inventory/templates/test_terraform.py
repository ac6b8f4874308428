import json

import pytest

from nephoscope.inventory.templates.terraform import called_folders, read_module
from nephoscope.inventory.templates.unresolved import Unresolved

ROOT = """
variable "env" { default = "dev" }
variable "secret" {}
locals {
  name  = "${var.env}-logs"
  ports = { ssh = 22, web = 80 }
  a = local.b
  b = local.a
}
data "aws_iam_policy_document" "read" {
  statement {
    actions   = ["s3:GetObject"]
    resources = [local.name]
  }
}
resource "aws_s3_bucket" "logs" {
  count  = var.env == "prod" ? 2 : 1
  bucket = "${local.name}-${count.index}"
  policy = data.aws_iam_policy_document.read.json
  lifecycle { prevent_destroy = true }
}
resource "aws_security_group" "web" {
  for_each = local.ports
  name     = each.key
  dynamic "ingress" {
    for_each = [each.value]
    content {
      from_port = ingress.value
    }
  }
  ingress { from_port = 443 }
  description = local.a
  key = var.secret
  user = <<EOF
name=${local.name} "quoted"
EOF
}
module "inner" {
  source = "./inner"
  size   = 10
  bucket = aws_s3_bucket.logs[0].id
}
module "far" { source = "terraform-aws-modules/vpc/aws" }
module "out" { source = "../outside" }
output "x" { value = module.inner.volume }
resource "aws_volume_attachment" "a" { volume_id = module.inner.volume }
"""
INNER = """
variable "size" {}
variable "bucket" {}
resource "aws_ebs_volume" "v" {
  size = var.size
  tags = { bucket = var.bucket }
}
output "volume" { value = aws_ebs_volume.v.id }
module "again" { source = "../inner" }
"""


@pytest.fixture
def stack(tmp_path):
    """A root module that calls a local one, one from a registry and one outside."""
    root = tmp_path / "stack"
    (root / "inner").mkdir(parents=True)
    (tmp_path / "outside").mkdir()
    (root / "main.tf").write_text(ROOT)
    (root / "terraform.tfvars").write_text('env = "prod"\n')
    (root / "inner" / "main.tf").write_text(INNER)
    resources, gaps = read_module(root, root)
    return {resource.address: resource for resource in resources}, gaps


def test_counts_keys_and_modules_make_their_instances(stack):
    resources, _ = stack

    assert sorted(resources) == [
        "aws_s3_bucket.logs[0]",
        "aws_s3_bucket.logs[1]",
        'aws_security_group.web["ssh"]',
        'aws_security_group.web["web"]',
        "aws_volume_attachment.a",
        "module.inner.aws_ebs_volume.v",
    ]
    assert resources["aws_s3_bucket.logs[1]"].values["bucket"] == "prod-logs-1"
    assert resources["aws_s3_bucket.logs[1]"].line == 16
    assert resources["module.inner.aws_ebs_volume.v"].file == "inner/main.tf"


def test_values_go_through_variables_locals_documents_and_dynamic_blocks(stack):
    resources, _ = stack
    web = resources['aws_security_group.web["web"]'].values

    assert web["ingress"] == [{"from_port": 80}, {"from_port": 443}]
    assert web["user"] == 'name=prod-logs "quoted"\n'
    assert json.loads(resources["aws_s3_bucket.logs[0]"].values["policy"])["Statement"][0]["Resource"] == ["prod-logs"]
    assert resources["module.inner.aws_ebs_volume.v"].values == {
        "size": 10,
        "tags": {"bucket": "${aws_s3_bucket.logs[0].id}"},
    }
    assert resources["aws_volume_attachment.a"].values["volume_id"] == "${module.inner.aws_ebs_volume.v.id}"


def test_what_is_not_known_or_goes_in_circles_is_unresolved(stack):
    resources, _ = stack
    web = resources['aws_security_group.web["web"]'].values

    assert isinstance(web["key"], Unresolved)
    assert isinstance(web["description"], Unresolved)


def test_modules_that_were_not_read_are_gaps_with_file_and_line(stack):
    _, gaps = stack

    assert {gap.subject: gap.cause for gap in gaps} == {
        "main.tf:43": "the module far is not local and was not read",
        "main.tf:44": "the module out lies outside of what is scanned",
        "inner/main.tf:9": "the module again calls itself, or is nested too deeply",
    }


def test_a_broken_file_is_a_gap_and_the_others_are_read(tmp_path):
    (tmp_path / "bad.tf").write_text("resource {{{\n")
    (tmp_path / "good.tf").write_text('resource "a" "b" { x = 1 }\n')
    (tmp_path / "odd.tf").write_bytes(b"\xff\xfe")

    resources, gaps = read_module(tmp_path, tmp_path)
    assert [resource.address for resource in resources] == ["a.b"]
    assert sorted(gap.subject.partition(":")[0] for gap in gaps) == ["bad.tf", "odd.tf"]


def test_called_modules_are_known_so_that_they_are_not_read_twice(tmp_path, stack):
    assert called_folders(tmp_path / "stack") == {tmp_path / "stack" / "inner", tmp_path / "outside"}


def test_files_are_read_within_the_scanned_folder_only(tmp_path):
    root = tmp_path / "stack"
    root.mkdir()
    (tmp_path / "secret.txt").write_text("outside")
    (root / "boot.sh").write_text("#!/bin/sh\necho ${name} ${missing}\n")
    (root / "policy.json").write_text("{}")
    (root / "main.tf").write_text("""
    resource "a" "b" {
      policy  = file("${path.module}/policy.json")
      script  = templatefile("boot.sh", { name = "web", missing = "no more" })
      partial = templatefile("boot.sh", { name = "web" })
      outside = file("../secret.txt")
      gone    = file("gone.txt")
    }""")

    [resource], _ = read_module(root, root)
    assert resource.values["policy"] == "{}"
    assert resource.values["script"] == "#!/bin/sh\necho web no more\n"
    assert all(isinstance(resource.values[name], Unresolved) for name in ("partial", "outside", "gone"))


def test_a_link_that_leads_out_of_the_scanned_folder_is_not_followed(tmp_path):
    (tmp_path / "outside.tf").write_text('resource "a" "b" {}')
    (tmp_path / "stack").mkdir()
    (tmp_path / "stack" / "main.tf").symlink_to(tmp_path / "outside.tf")
    resources, [gap] = read_module(tmp_path / "stack", tmp_path / "stack")
    assert not resources
    assert (gap.subject, gap.cause) == ("main.tf", "is a link that leads out of what is scanned")


@pytest.mark.parametrize("count", ['"abc"', "null", "[1]", '"inf"'])
def test_a_count_that_is_none_leaves_one_instance_and_loses_no_other(tmp_path, count):
    text = f'resource "aws_s3_bucket" "x" {{\n  count = {count}\n}}\nresource "aws_s3_bucket" "y" {{}}\n'
    (tmp_path / "main.tf").write_text(text)
    resources, gaps = read_module(tmp_path, tmp_path)

    assert {each.address for each in resources} >= {"aws_s3_bucket.y"}
    assert sum(each.address.startswith("aws_s3_bucket.x") for each in resources) == 1
    assert gaps == []


@pytest.mark.parametrize("meta", ["count = 3000", "for_each = range(3000)"])
def test_instances_beyond_the_limit_are_a_gap_with_file_and_line(tmp_path, meta):
    (tmp_path / "main.tf").write_text(f'\nresource "aws_sqs_queue" "many" {{\n  {meta}\n}}\n')
    resources, [gap] = read_module(tmp_path, tmp_path)

    assert len(resources) == 1000
    assert (gap.subject, "3,000 instances" in gap.cause) == ("main.tf:2", True)
