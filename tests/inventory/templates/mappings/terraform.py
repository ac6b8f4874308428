"""Terraform text → items by address, for the tests of mappings."""

from nephoscope.inventory.templates.stacks import read_stack


def items(folder, text):
    """The items of a module that is written for the test, with defaults filled in."""
    (folder / "main.tf").write_text(text)
    return {item.id: item for item in read_stack(folder, folder.resolve())}
