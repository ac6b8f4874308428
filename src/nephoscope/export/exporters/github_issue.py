"""Issues on GitHub."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nephoscope.export.exporter import Exporter, secret_of
from nephoscope.export.message import message_of
from nephoscope.export.text import cut
from nephoscope.model.errors import ConfigError, DeliveryError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nephoscope.clouds.safe_http import Answer
    from nephoscope.export.exporter import Failures, Outside
    from nephoscope.export.message import Message
    from nephoscope.export.notice import Notice

REPOSITORY = re.compile(r"[A-Za-z0-9-]{1,39}/[A-Za-z0-9._-]{1,100}")
TITLE = 250
BODY = 60_000


@dataclass(frozen=True, kw_only=True)
class GithubIssue(Exporter):
    """GitHub: one issue per finding, commented on when it changes, closed when it is resolved, opened when it is back.

    The issue is known again by a label that holds the finding's uid; a comment, by the notice's id in it.
    Source: https://docs.github.com/en/rest/issues/issues
    """

    repository: str
    token_env: str = ""
    token_file: str = ""
    labels: tuple[str, ...] = ("nephoscope",)
    url: str = "https://api.github.com"

    def send(self, notices: Sequence[Notice], outside: Outside) -> Failures:
        if not REPOSITORY.fullmatch(self.repository):
            raise ConfigError(f"{self.repository!r} is no repository: say OWNER/NAME")
        for notice in notices:
            number, has_this = self._number(notice, outside)
            if has_this:
                continue
            if number:
                self._follow(number, notice, outside)
            elif not notice.is_over:
                self._ask("POST", "issues", outside, self.document(notice))
        return {}

    def document(self, notice: Notice) -> dict[str, Any]:
        """A new issue."""
        message = message_of(notice)
        labels = [*self.labels, label_of(notice)]
        return {"title": cut(message.title, TITLE), "body": self._body(message), "labels": labels}

    def _body(self, message: Message) -> str:
        """Texts from outside stand in a block of code: there nothing is markup, a mention or a link."""
        part = message.parts[0]
        told = "\n".join([part.title, *(f"{label}: {text}" for label, text in part.facts)])
        link = self.linked(part.uid)
        more = f"\n\n[Open in Nephoscope]({link})" if link else ""
        return f"{fenced(cut(told, BODY))}{more}\n\n{mark_of(message.id)}"

    def _number(self, notice: Notice, outside: Outside) -> tuple[int, bool]:
        """The number of the finding's issue, by its label, 0 if there is none; whether this very notice made it."""
        answer = self._ask("GET", f"issues?labels={label_of(notice)}&state=all&per_page=1", outside)
        found = answer.json()
        number = found[0].get("number") if isinstance(found, list) and found and isinstance(found[0], dict) else 0
        if not isinstance(number, int):
            raise DeliveryError("GitHub", "answered an issue without a number")
        return number, notice.id.encode() in answer.body

    def _follow(self, number: int, notice: Notice, outside: Outside) -> None:
        """Say what became of it, once, then close it or open it."""
        since = notice.at.strftime("%Y-%m-%dT%H:%M:%SZ")
        said = self._ask("GET", f"issues/{number}/comments?per_page=20&since={since}", outside).body
        if notice.id.encode() not in said:
            self._ask("POST", f"issues/{number}/comments", outside, {"body": self._body(message_of(notice))})
        state = {"resolved": "closed", "reopened": "open"}.get(notice.what)
        if state:
            self._ask("PATCH", f"issues/{number}", outside, {"state": state})

    def _ask(self, method: str, path: str, outside: Outside, document: Any = None) -> Answer:
        headers = {
            "Authorization": f"Bearer {secret_of('token', self.token_env, self.token_file)}",
            "Accept": "application/vnd.github+json",
            "Content-Type": "application/json",
            "X-GitHub-Api-Version": "2022-11-28",
        }
        body = None if document is None else json.dumps(document).encode()
        answer = self.http(outside).ask(method, f"{self.url.rstrip('/')}/repos/{self.repository}/{path}", body, headers)
        return answer.accepted(now=outside.now())


def label_of(notice: Notice) -> str:
    """The label by which a finding's issue is known again."""
    return f"nephoscope-{notice.uid}"


def mark_of(id_: str) -> str:
    """What a text of ours holds, unseen, to be known again."""
    return f"<!-- nephoscope notice {id_} -->"


def fenced(text: str) -> str:
    """A block of code that the text in it cannot end."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}"
