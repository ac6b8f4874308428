from nephoscope.inventory.templates.stacks import read_stacks
from nephoscope.model.coverage import Gap

TOPIC = 'resource "aws_sns_topic" "t" {}\n'


def folders(root, **texts):
    """Folders below a root, each with one file; gives their paths."""
    for name, text in texts.items():
        (root / name).mkdir()
        (root / name / "main.tf").write_text(text)
    return {root / name for name in texts}


def addresses(found):
    return sorted((each.place.file.rpartition("/")[0][-1:], each.id) for each in found if not isinstance(each, Gap))


def test_a_module_is_read_through_its_callers_only(tmp_path):
    call = 'module "m" { source = "../b" }\n'
    found = list(read_stacks(tmp_path, folders(tmp_path, a=call, b=TOPIC)))
    assert addresses(found) == [("b", "module.m.aws_sns_topic.t")]
    assert found[0].place.file == f"{tmp_path}/b/main.tf"


def test_modules_that_only_call_each_other_are_read_all_the_same(tmp_path):
    paths = folders(
        tmp_path, a=TOPIC + 'module "b" { source = "../b" }\n', b=TOPIC + 'module "a" { source = "../a" }\n'
    )
    found = list(read_stacks(tmp_path, paths))
    assert ("a", "aws_sns_topic.t") in addresses(found)
    assert any(isinstance(each, Gap) and "calls itself" in each.cause for each in found)


def test_names_that_double_with_each_step_are_bounded(tmp_path):
    doubling = "".join(
        f'a{n} = "${{local.a{n - 1}}}${{local.a{n - 1}}}"\nb{n} = [local.b{n - 1}, local.b{n - 1}]\n'
        for n in range(1, 60)
    )
    text = f"""
    locals {{
      a0 = "ha"
      b0 = ["ha"]
      {doubling}
    }}
    resource "aws_sns_topic" "t" {{
      display_name = local.a59
      other        = local.b59
      wide         = format("%999999999d", 1)
    }}"""
    [item] = read_stacks(tmp_path, folders(tmp_path, a=text))
    assert {pointer.split("/")[1] for pointer in item.not_collected} == {"DisplayName", "Other", "Wide"}
