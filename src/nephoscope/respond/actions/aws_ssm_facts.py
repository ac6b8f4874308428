from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nephoscope.model.errors import CloudError
from nephoscope.respond import volatile
from nephoscope.respond.aws_capture import Captured, InstanceCapture

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nephoscope.model.response import State
    from nephoscope.respond.action import World

DOCUMENT = "AWS-RunShellScript"
MOST_CHARACTERS = 24_000  # of an answer; AWS cuts the rest off
LOOK_S = 0.5
RUNNING = ("Pending", "InProgress", "Delayed", "Cancelling")


@dataclass(frozen=True)
class AwsSsmFacts(InstanceCapture):
    """Capture what only a running instance knows: sockets, processes, users, modules, schedules, recent files.

    Fixed scripts of ours run through SSM Run Command, where SSM manages the instance. memory_tool: the absolute path of
    a program on the instance that captures memory, called with a place below memory_to (s3://…) as its argument; with
    `none`, memory is not captured. budget_s: how long all of it may take; what is not there then is said.
    Limits: Linux only. The commands run as root on a host that may be lying, change it a little, and can be seen there.
    24,000 characters of each answer. A memory image is not sealed by us: it lies where the tool put it, and what the
    tool said is sealed. Repeated after a crash, commands run again, and are waited for until the first budget ends.
    Source: https://docs.aws.amazon.com/systems-manager/latest/userguide/run-command.html
    """

    budget_s: float = 60.0
    memory_tool: str = "none"
    memory_to: str = "none"

    tactic = "capture"
    may_differ = ("until",)
    permissions = ("ssm:DescribeInstanceInformation", "ssm:GetCommandInvocation", "ssm:SendCommand")

    def state(self, world: World) -> State:
        return {**super().state(world), "until": time.time() + self.budget_s}

    def apply(self, world: World, state: State) -> State:
        captured = Captured(world, self, "volatile")
        scripts = self._scripts(captured)
        left = min(self.budget_s, float(state.get("until", 0)) - time.time())  # a crash does not begin it anew
        end = time.monotonic() + left
        if why := self._unmanaged(captured):
            for fact in scripts:
                captured.lacks(fact, why)
            return captured.told()
        sent = {fact: id_ for fact, lines in scripts.items() if (id_ := self._send(captured, fact, lines))}
        for fact, id_ in sent.items():
            self._await(captured, fact, id_, end)
        return captured.told(commands=sent)

    def plan(self, world: World, state: State) -> Sequence[str]:
        return (f"Fixed scripts run as root on {self.instance_id} for at most {self.budget_s:g} s; they only read.",)

    def _scripts(self, captured: Captured) -> dict[str, list[str]]:
        """The lines of each fact. Raises Refused for a memory tool that is none."""
        if self.memory_tool in volatile.NONE:
            captured.lacks("memory", "no tool that captures memory is configured (memory_tool, memory_to)")
            memory = {}
        else:
            memory = {"memory": volatile.memory_commands(self.memory_tool, self.memory_to, captured.world.token)}
        return {**memory, **{fact: volatile.commands(fact) for fact in volatile.SCRIPTS}}

    def _unmanaged(self, captured: Captured) -> str:
        """Why SSM cannot run anything there; empty if it can."""
        which = [{"Key": "InstanceIds", "Values": [self.instance_id]}]
        answer = captured.ask("managed", "ssm", "DescribeInstanceInformation", Filters=which)
        found: list[Any] = answer.get("InstanceInformationList") or []
        if not answer:
            return "SSM could not be asked whether it manages the instance"
        if not found:
            return "SSM does not manage the instance: no agent, no role for it, or no way to SSM"
        if found[0].get("PingStatus") != "Online":
            return f"its SSM agent is {found[0].get('PingStatus')}, last heard {found[0].get('LastPingDateTime')}"
        return "" if found[0].get("PlatformType") == "Linux" else f"{found[0].get('PlatformType')}: only Linux is asked"

    def _send(self, captured: Captured, fact: str, lines: list[str]) -> str:
        seconds = str(max(1, int(self.budget_s)))
        asked = {"InstanceIds": [self.instance_id], "DocumentName": DOCUMENT, "TimeoutSeconds": max(30, int(seconds))}
        given = {"commands": lines, "executionTimeout": [seconds]}
        comment = f"{captured.world.token} {fact}"
        try:
            answer = self.call(captured.world, "ssm", "SendCommand", **asked, Parameters=given, Comment=comment)
        except CloudError as error:
            captured.lacks(fact, error)
            return ""
        return str(answer["Command"]["CommandId"])

    def _await(self, captured: Captured, fact: str, id_: str, end: float) -> None:
        asked, absent = {"CommandId": id_, "InstanceId": self.instance_id}, ("InvocationDoesNotExist",)
        while True:
            try:
                answer = self.maybe(captured.world, "ssm", "GetCommandInvocation", absent, **asked)
            except CloudError as error:
                captured.lacks(fact, error)
                return
            answer = answer or {"Status": "Pending"}  # AWS may not know of it yet
            if answer["Status"] not in RUNNING or time.monotonic() >= end:
                break
            time.sleep(min(LOOK_S, max(0.0, end - time.monotonic())))
        self._keep(captured, fact, id_, answer)

    def _keep(self, captured: Captured, fact: str, id_: str, answer: dict[str, Any]) -> None:
        status, text = str(answer["Status"]), str(answer.get("StandardOutputContent") or "")
        if status in RUNNING:
            captured.lacks(fact, f"still {status} when {self.budget_s:g} s were spent; it is command {id_}")
            return
        captured.json(f"{fact}-command", answer, f"ssm:GetCommandInvocation {id_}")
        captured.text(fact, text, f"{DOCUMENT} {id_}: {status}, exit {answer.get('ResponseCode')}")
        if status != "Success":
            captured.lacks(
                fact, f"the script ended with {status}: {str(answer.get('StandardErrorContent') or '')[:500]}"
            )
        if len(text) >= MOST_CHARACTERS:
            captured.lacks(f"{fact} beyond {MOST_CHARACTERS} characters", "AWS cut the answer off")
