"""The documentation says what is there: every command, every link, every configuration key."""

import re
import tomllib
from pathlib import Path

import pytest

from nephoscope.cli import COMMANDS
from nephoscope.config import load

REPOSITORY = Path(__file__).resolve().parent.parent
PAGES = sorted([*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").rglob("*.md"), *(REPOSITORY / "bench").glob("*.md")])


def test_the_readme_names_every_command_and_no_other():
    named = set(re.findall(r"\| `nephoscope (\w+)`", (REPOSITORY / "README.md").read_text()))

    assert named == set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_its_page(command):
    assert (REPOSITORY / "docs" / "guide" / f"{command}.md").exists()


def test_the_guides_index_leads_to_every_page():
    guide = REPOSITORY / "docs" / "guide"
    linked = set(re.findall(r"\]\(([a-z-]+\.md)\)", (guide / "README.md").read_text()))

    assert linked == {page.name for page in guide.glob("*.md")} - {"README.md"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page):
    links = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", page.read_text())

    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_configuration_in_the_guide_is_accepted(tmp_path):
    [example] = re.findall(r"```toml\n(.*?)```", (REPOSITORY / "docs/guide/configuration.md").read_text(), re.DOTALL)
    file = tmp_path / "nephoscope.toml"
    file.write_text(example)

    assert load(file, environment={}).aws.calls_per_s == tomllib.loads(example)["aws"]["calls_per_s"]
