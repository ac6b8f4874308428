import pytest

from nephoscope.inventory.templates.reading import read
from nephoscope.model.coverage import Gap

TOPIC = "Resources:\n  Alarms:\n    Type: AWS::SNS::Topic\n"


@pytest.fixture
def infra(tmp_path):
    """A folder with a template, what is none, and one that is broken."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "topic.yaml").write_text(TOPIC)
    (tmp_path / "shop" / "values.yaml").write_text("name: shop\nResources: {cpu: 1}\n")
    (tmp_path / "package.json").write_text("{}")
    (tmp_path / "broken.yaml").write_text("AWSTemplateFormatVersion: x\nResources: {a: [\n")
    return tmp_path


def test_templates_are_found_by_their_content_and_a_broken_one_stops_nothing(infra):
    found = list(read([infra]))
    [gap] = [each for each in found if isinstance(each, Gap)]
    [item] = [each for each in found if not isinstance(each, Gap)]
    assert gap.subject.startswith(f"{infra}/broken.yaml:")
    assert item.place.file == f"{infra}/shop/topic.yaml"
    assert item.place.line == 2


def test_a_file_that_is_named_has_to_be_a_template(infra):
    [gap] = read([infra / "package.json"])
    assert gap.subject == str(infra / "package.json")
    assert "neither" in gap.cause


def test_terraform_is_read_by_folder_or_by_file_with_its_line(infra):
    (infra / "main.tf").write_text('\nresource "aws_sns_topic" "t" {}\n')
    (infra / "more.tf").write_text('resource "aws_sqs_queue" "q" {}\n')
    places = [each.place for each in read([infra]) if not isinstance(each, Gap) and each.place.file.endswith(".tf")]
    assert [(place.file, place.line) for place in places] == [(f"{infra}/main.tf", 2), (f"{infra}/more.tf", 1)]
    assert [item.id for item in read([infra / "more.tf"])] == ["aws_sqs_queue.q"]
