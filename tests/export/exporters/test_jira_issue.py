import base64
import json
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.export.samples import hostile, naughty, notice

from nephoscope.export.exporters.jira_issue import JiraIssue
from nephoscope.model.errors import ConfigError, DeliveryError


class Jira:
    """A small Jira: issues with labels, comments and a workflow."""

    def __init__(self):
        self.issues = []

    def __call__(self, method, path, body):
        parts = urlsplit(path)
        document = json.loads(body) if body else {}
        match (method, parts.path.removeprefix("/rest/api/3/").split("/")):
            case "GET", ["search", "jql"]:
                query = parse_qs(parts.query)["jql"][0]
                found = [each for each in self.issues if f'"{each["fields"]["labels"][-1]}"' in query]
                issues = [
                    {"key": each["key"], "fields": {"description": each["fields"]["description"]}} for each in found
                ]
                return 200, {"issues": issues[:1]}
            case "POST", ["issue"]:
                made = document | {"key": f"SEC-{len(self.issues) + 1}", "comments": [], "moves": []}
                self.issues.append(made)
                return 201, {"key": made["key"]}
            case "GET", ["issue", key, "comment"]:
                return 200, {"comments": self.issue(key)["comments"]}
            case "POST", ["issue", key, "comment"]:
                self.issue(key)["comments"].append(document)
                return 201, {}
            case "GET", ["issue", key, "transitions"]:
                return 200, {"transitions": [{"id": "31", "name": "Done"}, {"id": "11", "name": "To Do"}]}
            case "POST", ["issue", key, "transitions"]:
                self.issue(key)["moves"].append(document["transition"]["id"])
                return 204, ""
        return 404, {}

    def issue(self, key):
        return next(each for each in self.issues if each["key"] == key)


@pytest.fixture
def service(receiver):
    """Jira on this machine."""
    jira = Jira()
    receiver.answers = [jira]
    return jira


@pytest.fixture
def jira(receiver, service, monkeypatch):
    """An exporter to it."""
    monkeypatch.setenv("JIRA_TOKEN", "t0ken")
    return JiraIssue(
        url=receiver.url,
        user="bot@example.com",
        project="SEC",
        token_env="JIRA_TOKEN",
        resolve_transition="done",
        reopen_transition="to do",
        allow_private=True,
    )


def test_a_finding_is_one_issue_known_by_its_label(jira, service, receiver, outside):
    told = notice()
    jira.send([told], outside)

    [issue] = service.issues
    fields = issue["fields"]
    assert fields["project"] == {"key": "SEC"}
    assert fields["issuetype"] == {"name": "Task"}
    assert fields["summary"] == "HIGH opened: CloudTrail logging stopped"
    assert fields["labels"] == ["nephoscope", f"nephoscope-{told.uid}"]
    assert fields["description"]["type"] == "doc"
    expected = "Basic " + base64.b64encode(b"bot@example.com:t0ken").decode()
    assert {headers["Authorization"] for _, _, headers, _ in receiver.asked} == {expected}


def test_sent_again_after_a_crash_it_makes_nothing_twice(jira, service, outside):
    opened, over = notice(), notice("resolved", number=2)
    for told in (opened, opened, over, over):
        jira.send([told], outside)

    [issue] = service.issues
    assert len(issue["comments"]) == 1
    assert issue["moves"] == ["31", "31"]


def test_a_finding_that_is_back_opens_its_issue_again(jira, service, outside):
    for told in (notice(), notice("resolved", number=2), notice("reopened", number=3)):
        jira.send([told], outside)

    [issue] = service.issues
    assert issue["moves"] == ["31", "11"]
    assert len(issue["comments"]) == 2


def test_an_end_without_an_issue_makes_none(jira, service, outside):
    jira.send([notice("resolved")], outside)

    assert service.issues == []


def test_hostile_texts_are_no_markup_and_keep_to_the_limits(jira, service, outside):
    for text in naughty():
        fields = jira.document(hostile(text))["fields"]
        assert len(fields["summary"]) <= 255
        assert "\n" not in fields["summary"]
        assert all(
            part["type"] == "text" and part["text"]
            for paragraph in fields["description"]["content"]
            for part in paragraph["content"]
        )


@pytest.mark.parametrize("project", ["sec", 'SEC" OR project = "HR', ""])
def test_a_project_that_is_none_is_refused(jira, project, outside):
    from dataclasses import replace

    with pytest.raises(ConfigError, match="Jira project"):
        replace(jira, project=project).send([notice()], outside)


def test_an_answer_that_lies_is_not_believed(jira, receiver, outside):
    receiver.answers = [(200, {"issues": [{"key": "../../admin"}]})]

    with pytest.raises(DeliveryError, match="key"):
        jira.send([notice()], outside)
