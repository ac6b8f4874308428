"""Issues in Jira."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from nephoscope.export.exporter import Exporter, secret_of
from nephoscope.export.message import message_of
from nephoscope.export.text import cut
from nephoscope.model.errors import ConfigError, DeliveryError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nephoscope.clouds.safe_http import Answer
    from nephoscope.export.exporter import Failures, Outside
    from nephoscope.export.notice import Notice

PROJECT = re.compile(r"[A-Z][A-Z0-9_]{1,30}")
KEY = re.compile(r"[A-Z][A-Z0-9_]{1,30}-\d{1,12}")
SUMMARY = 250


@dataclass(frozen=True, kw_only=True)
class JiraIssue(Exporter):
    """Jira Cloud: one issue per finding, commented on when the finding changes, and moved when it is resolved.

    The issue is known again by a label that holds the finding's uid; a comment, by the notice's id in it.
    Limits: Jira's search sees a new issue some seconds late, so a crash within them can make a second one.
    Source: https://developer.atlassian.com/cloud/jira/platform/rest/v3/
    """

    url: str
    user: str
    project: str
    token_env: str = ""
    token_file: str = ""
    issue_type: str = "Task"
    labels: tuple[str, ...] = ("nephoscope",)
    resolve_transition: str = ""
    reopen_transition: str = ""

    def send(self, notices: Sequence[Notice], outside: Outside) -> Failures:
        if not PROJECT.fullmatch(self.project):
            raise ConfigError(f"{self.project!r} is no key of a Jira project")
        for notice in notices:
            issue, has_this = self._issue(notice, outside)
            if has_this:
                continue
            if issue:
                self._follow(issue, notice, outside)
            elif not notice.is_over:
                self._ask("POST", "issue", outside, self.document(notice))
        return {}

    def document(self, notice: Notice) -> dict[str, Any]:
        """A new issue."""
        message = message_of(notice)
        lines = [f"{label}: {text}" for label, text in message.parts[0].facts]
        return {
            "fields": {
                "project": {"key": self.project},
                "issuetype": {"name": self.issue_type},
                "summary": cut(message.title, SUMMARY),
                "labels": [*self.labels, label_of(notice)],
                "description": _paragraphs([*lines, self.linked(notice.uid), mark_of(notice)]),
            }
        }

    def _issue(self, notice: Notice, outside: Outside) -> tuple[str, bool]:
        """The key of the finding's issue, empty if there is none; whether this very notice made it."""
        query = f'project = "{self.project}" AND labels = "{label_of(notice)}" ORDER BY created ASC'
        asked = urlencode({"jql": query, "fields": "description", "maxResults": "1"})
        answer = self._ask("GET", f"search/jql?{asked}", outside)
        found = answer.json()
        issues = found.get("issues", []) if isinstance(found, dict) else []
        key = str(issues[0].get("key", "")) if issues and isinstance(issues[0], dict) else ""
        if key and not KEY.fullmatch(key):
            raise DeliveryError("Jira", "answered an issue's key that is none")
        return key, mark_of(notice).encode() in answer.body

    def _follow(self, issue: str, notice: Notice, outside: Outside) -> None:
        """Say what became of it, once, then move it."""
        mark = mark_of(notice)
        said = self._ask("GET", f"issue/{issue}/comment?orderBy=-created&maxResults=20", outside).body
        if mark.encode() not in said:
            part = message_of(notice).parts[0]
            lines = [part.title, *(f"{label}: {text}" for label, text in part.facts[:8]), mark]
            self._ask("POST", f"issue/{issue}/comment", outside, {"body": _paragraphs(lines)})
        move = {"resolved": self.resolve_transition, "reopened": self.reopen_transition}.get(notice.what)
        if move:
            self._move(issue, move, outside)

    def _move(self, issue: str, name: str, outside: Outside) -> None:
        """Make a transition that the issue's workflow offers now; one that is not offered was made already."""
        offered = self._ask("GET", f"issue/{issue}/transitions", outside).json()
        for each in offered.get("transitions", []) if isinstance(offered, dict) else []:
            if str(each.get("name", "")).casefold() == name.casefold():
                self._ask("POST", f"issue/{issue}/transitions", outside, {"transition": {"id": str(each.get("id"))}})

    def _ask(self, method: str, path: str, outside: Outside, document: Any = None) -> Answer:
        token = secret_of("token", self.token_env, self.token_file)
        headers = {
            "Authorization": "Basic " + base64.b64encode(f"{self.user}:{token}".encode()).decode(),
            "Accept": "application/json",
            "Content-Type": "application/json",
        }
        body = None if document is None else json.dumps(document).encode()
        answer = self.http(outside).ask(method, f"{self.url.rstrip('/')}/rest/api/3/{path}", body, headers)
        return answer.accepted(now=outside.now())


def label_of(notice: Notice) -> str:
    """The label by which a finding's issue is known again."""
    return f"nephoscope-{notice.uid}"


def mark_of(notice: Notice) -> str:
    """The line by which a text of ours is known again."""
    return f"nephoscope notice {notice.id}"


def _paragraphs(lines: Sequence[str]) -> dict[str, Any]:
    """Lines as a document of Jira's, in which nothing is markup."""
    told = [{"type": "paragraph", "content": [{"type": "text", "text": line}]} for line in lines if line]
    return {"type": "doc", "version": 1, "content": told}
