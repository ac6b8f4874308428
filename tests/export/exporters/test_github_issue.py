import json
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.export.samples import hostile, naughty, notice

from nephoscope.export.exporters.github_issue import GithubIssue, fenced
from nephoscope.model.errors import ConfigError, DeliveryError


class Github:
    """A small GitHub: issues with labels, comments and a state."""

    def __init__(self):
        self.issues = []

    def __call__(self, method, path, body):
        parts = urlsplit(path)
        query = parse_qs(parts.query)
        document = json.loads(body) if body else {}
        match (method, parts.path.removeprefix("/repos/company/infra/").split("/")):
            case "GET", ["issues"]:
                found = [each for each in self.issues if query["labels"][0] in each["labels"]]
                return 200, found
            case "POST", ["issues"]:
                made = document | {"number": len(self.issues) + 1, "comments": [], "state": "open"}
                self.issues.append(made)
                return 201, made
            case "GET", ["issues", number, "comments"]:
                return 200, self.issues[int(number) - 1]["comments"]
            case "POST", ["issues", number, "comments"]:
                self.issues[int(number) - 1]["comments"].append(document)
                return 201, {}
            case "PATCH", ["issues", number]:
                self.issues[int(number) - 1] |= document
                return 200, {}
        return 404, {}


@pytest.fixture
def service(receiver):
    """GitHub on this machine."""
    github = Github()
    receiver.answers = [github]
    return github


@pytest.fixture
def github(receiver, service, monkeypatch):
    """An exporter to it."""
    monkeypatch.setenv("GH_TOKEN_X", "t0ken")
    return GithubIssue(
        repository="company/infra",
        token_env="GH_TOKEN_X",
        url=receiver.url,
        allow_private=True,
        link="https://portal.example/f/",
    )


def test_a_finding_is_one_issue_known_by_its_label(github, service, receiver, outside):
    told = notice()
    github.send([told], outside)

    [issue] = service.issues
    assert issue["title"] == "HIGH opened: CloudTrail logging stopped"
    assert issue["labels"] == ["nephoscope", f"nephoscope-{told.uid}"]
    assert all(len(label) <= 50 for label in issue["labels"])
    assert f"[Open in Nephoscope](https://portal.example/f/{told.uid})" in issue["body"]
    headers = receiver.asked[0][2]
    assert headers["Authorization"] == "Bearer t0ken"
    assert headers["X-GitHub-Api-Version"] == "2022-11-28"


def test_sent_again_after_a_crash_it_makes_nothing_twice(github, service, outside):
    opened, over = notice(), notice("resolved", number=2)
    for told in (opened, opened, over, over):
        github.send([told], outside)

    [issue] = service.issues
    assert (len(issue["comments"]), issue["state"]) == (1, "closed")


def test_a_finding_that_is_back_opens_its_issue_again(github, service, outside):
    for told in (notice(), notice("resolved", number=2), notice("reopened", number=3)):
        github.send([told], outside)

    assert [each["state"] for each in service.issues] == ["open"]


def test_an_end_without_an_issue_makes_none(github, service, outside):
    github.send([notice("resolved")], outside)

    assert service.issues == []


def test_hostile_texts_stand_in_a_block_that_they_cannot_end(github):
    for text in naughty():
        document = github.document(hostile(text))
        assert len(document["title"]) <= 256
        assert len(document["body"]) <= 65_536
        fence = document["body"].split("text\n")[0]
        assert set(fence) == {"`"}
        inside, _, after = document["body"][len(fence) :].partition(f"\n{fence}\n")
        assert fence not in inside
        assert after.startswith("\n[Open in Nephoscope](https://portal.example/f/")


def test_a_fence_is_longer_than_any_in_the_text():
    assert fenced("a ```` b").startswith("`````text\n")


@pytest.mark.parametrize("repository", ["company", "company/infra/../../x", "a b/c", ""])
def test_a_repository_that_is_none_is_refused(repository, outside):
    with pytest.raises(ConfigError, match="OWNER/NAME"):
        GithubIssue(repository=repository).send([notice()], outside)


@pytest.mark.parametrize("answer", [{"message": "x"}, [{"number": "1; drop"}], [{"number": None}]])
def test_an_answer_that_lies_is_not_believed(github, receiver, outside, answer):
    receiver.answers = [(200, answer), (403, "no")]

    with pytest.raises(DeliveryError):
        github.send([notice()], outside)
