import time

import pytest

from nephoscope.model.errors import Refused
from nephoscope.respond.actions.aws_ssm_facts import MOST_CHARACTERS, AwsSsmFacts
from nephoscope.respond.volatile import SCRIPTS
from tests.respond.captures import PLACE, Scripted, captured, missing

MANAGED = {"InstanceInformationList": [{"PingStatus": "Online", "PlatformType": "Linux"}]}
DONE = {"Status": "Success", "ResponseCode": 0, "StandardOutputContent": "said", "StandardErrorContent": ""}


def answers(**others):
    sent = {"Command": {"CommandId": "c-1"}}
    return {"DescribeInstanceInformation": MANAGED, "SendCommand": sent, "GetCommandInvocation": DONE} | others


def action(**others):
    return AwsSsmFacts(**PLACE, instance_id="i-1", **({"budget_s": 0.0} | others))


def test_every_fact_is_asked_for_by_a_fixed_script_and_kept():
    aws = Scripted(answers())
    kept, told = captured(action(budget_s=5.0), aws)
    assert {f"volatile/{fact}.txt" for fact in SCRIPTS} <= set(kept)
    assert kept["volatile/sockets.txt"] == b"said"
    assert told["missing"] == ["volatile/memory"]
    assert aws.used == set(AwsSsmFacts.permissions)
    sent = [params for operation, params in aws.asked if operation == "SendCommand"]
    assert [each["Parameters"]["commands"][0] for each in sent] == [f"# nephoscope: {fact}" for fact in SCRIPTS]
    assert {each["DocumentName"] for each in sent} == {"AWS-RunShellScript"}


def test_it_waits_for_an_answer_that_is_not_there_yet():
    running = ["InvocationDoesNotExist", {"Status": "InProgress"}, DONE]
    kept, _ = captured(action(budget_s=5.0), Scripted(answers(GetCommandInvocation=running)))
    assert kept["volatile/sockets.txt"] == b"said"


def test_what_is_not_there_when_the_time_is_spent_is_said():
    kept, _ = captured(action(), Scripted(answers(GetCommandInvocation={"Status": "InProgress"})))
    assert missing(kept)["volatile/sockets"] == "still InProgress when 0 s were spent; it is command c-1"
    assert "volatile/sockets.txt" not in kept


@pytest.mark.parametrize(
    ("information", "why"),
    [
        ({"InstanceInformationList": []}, "does not manage"),
        ({"InstanceInformationList": [{"PingStatus": "ConnectionLost"}]}, "ConnectionLost"),
        ({"InstanceInformationList": [{"PingStatus": "Online", "PlatformType": "Windows"}]}, "only Linux"),
        ("AccessDenied", "could not be asked"),
    ],
)
def test_where_nothing_can_be_run_nothing_is_sent_and_each_fact_is_said_to_be_missing(information, why):
    aws = Scripted(answers(DescribeInstanceInformation=information))
    kept, _ = captured(action(), aws)
    assert "SendCommand" not in [operation for operation, _ in aws.asked]
    assert all(why in missing(kept)[f"volatile/{fact}"] for fact in SCRIPTS)


@pytest.mark.parametrize("call", ["SendCommand", "GetCommandInvocation"])
def test_what_is_denied_is_said(call):
    kept, _ = captured(action(), Scripted(answers(**{call: "AccessDenied"})))
    assert all("AccessDenied" in missing(kept)[f"volatile/{fact}"] for fact in SCRIPTS)


def test_a_script_that_failed_and_an_answer_that_was_cut_off_are_said():
    failed = DONE | {
        "Status": "Failed",
        "StandardErrorContent": "no such tool",
        "StandardOutputContent": "x" * MOST_CHARACTERS,
    }
    kept, _ = captured(action(), Scripted(answers(GetCommandInvocation=failed)))
    assert "no such tool" in missing(kept)["volatile/sockets"]
    assert f"volatile/sockets beyond {MOST_CHARACTERS} characters" in missing(kept)
    assert len(kept["volatile/sockets.txt"]) == MOST_CHARACTERS


def test_memory_comes_first_where_a_tool_is_configured():
    aws = Scripted(answers())
    kept, told = captured(action(memory_tool="/opt/avml", memory_to="s3://case-files/memory"), aws)
    sent = [params for operation, params in aws.asked if operation == "SendCommand"]
    assert sent[0]["Parameters"]["commands"][0] == "# nephoscope: memory"
    assert "volatile/memory.txt" in kept
    assert told["missing"] == []


def test_a_tool_that_is_none_is_refused_before_anything_is_sent():
    aws = Scripted(answers())
    with pytest.raises(Refused):
        captured(action(memory_tool="sh -c 'x'", memory_to="s3://case-files/memory"), aws)
    assert aws.asked == []


def test_a_crash_does_not_begin_the_wait_anew():
    one = action(budget_s=60.0)
    recorded = one.state(None) | {"until": time.time() - 1}
    began = time.monotonic()
    kept, _ = captured(one, Scripted(answers(GetCommandInvocation={"Status": "InProgress"})), state=recorded)
    assert time.monotonic() - began < 30
    assert "still InProgress" in missing(kept)["volatile/sockets"]
    assert set(one.state(None)) <= set(one.may_differ)
