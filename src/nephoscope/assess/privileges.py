"""Ways from some permissions to more: what a policy allows that lets its holder become somebody greater.

Source: https://rhinosecuritylabs.com/aws/aws-privilege-escalation-methods-mitigation/
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from nephoscope.assess.policy_document import Statement, statements

if TYPE_CHECKING:
    from collections.abc import Sequence

_ALONE = (
    "iam:CreatePolicyVersion",
    "iam:SetDefaultPolicyVersion",
    "iam:AttachUserPolicy",
    "iam:AttachGroupPolicy",
    "iam:AttachRolePolicy",
    "iam:PutUserPolicy",
    "iam:PutGroupPolicy",
    "iam:PutRolePolicy",
    "iam:AddUserToGroup",
    "iam:CreateAccessKey",
    "iam:CreateLoginProfile",
    "iam:UpdateLoginProfile",
    "lambda:UpdateFunctionCode",
    "glue:UpdateDevEndpoint",
)
_WITH_PASS_ROLE = (
    ("ec2:RunInstances",),
    ("lambda:CreateFunction", "lambda:InvokeFunction"),
    ("lambda:CreateFunction", "lambda:CreateEventSourceMapping"),
    ("lambda:CreateFunction", "lambda:AddPermission"),
    ("lambda:CreateFunction", "lambda:CreateFunctionUrlConfig"),
    ("cloudformation:CreateStack",),
    ("glue:CreateDevEndpoint",),
    ("glue:CreateJob", "glue:StartJobRun"),
    ("datapipeline:CreatePipeline", "datapipeline:PutPipelineDefinition", "datapipeline:ActivatePipeline"),
    ("sagemaker:CreateNotebookInstance", "sagemaker:CreatePresignedNotebookInstanceUrl"),
    ("ecs:RegisterTaskDefinition", "ecs:RunTask"),
    ("codebuild:CreateProject", "codebuild:StartBuild"),
)
WAYS = (
    *((action,) for action in _ALONE),
    ("iam:UpdateAssumeRolePolicy", "sts:AssumeRole"),
    *(("iam:PassRole", *actions) for actions in _WITH_PASS_ROLE),
)
_ANY_OF_A_KIND = re.compile(r"\*|arn:[^:]*:[^:]*:[^:]*:[^:]*:(\*|[a-z-]+[/:]\*)")


def escalation(document: Any) -> str:
    """The first way to more permissions that a policy opens, as its actions; empty if it opens none."""
    found = list(statements(document))
    ways = (way for way in WAYS if all(_is_granted(found, action) for action in way))
    return " and ".join(next(ways, ()))


def _is_granted(found: Sequence[Statement], action: str) -> bool:
    """Whether the action is allowed on resources of its kind at large, and not denied on all of them."""
    allowed = any(each.is_allow and each.covers_action(action) and is_wide(each) for each in found)
    return allowed and not any(_denies(each, action) for each in found)


def is_wide(statement: Statement) -> bool:
    """Whether its resource is everything, or everything of a kind."""
    return "NotResource" in statement.raw or any(_ANY_OF_A_KIND.fullmatch(each) for each in statement.texts("Resource"))


def _denies(statement: Statement, action: str) -> bool:
    return (
        not statement.is_allow
        and statement.covers_action(action)
        and statement.covers_every_resource
        and not list(statement.conditions())
    )
