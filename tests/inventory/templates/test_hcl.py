import pytest

from nephoscope.inventory.templates.hcl import parse
from nephoscope.model.errors import SourceError

TEXT = """\
# a comment
resource "aws_s3_bucket" "logs" {
  bucket = "x"

  versioning { enabled = true }
  versioning {
    enabled = false
  }
}

variable "env" {}
"""


def test_blocks_know_their_type_labels_and_lines():
    root = parse(TEXT, "main.tf")
    [bucket] = root.of("resource")

    assert bucket.labels == ("aws_s3_bucket", "logs")
    assert bucket.line == 2
    assert list(bucket.attributes) == ["bucket"]
    assert [block.line for block in bucket.of("versioning")] == [5, 6]
    assert [block.labels for block in root.of("variable")] == [("env",)]


@pytest.mark.parametrize(
    "text", ["resource {", "a = [1,", "x = " + "[" * 5000, "{" * 100_000, "a = \x00", "= 3"], ids=range(6)
)
def test_what_is_no_hcl_is_refused_with_file_and_reason(text):
    with pytest.raises(SourceError, match=r"main\.tf.*(HCL|nested)"):
        parse(text, "main.tf")
