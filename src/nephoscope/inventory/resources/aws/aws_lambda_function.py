"""AWS::Lambda::Function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from nephoscope.inventory.resource import Draft, Reader
from nephoscope.inventory.shape import document, key_values, pick, redacted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nephoscope.inventory.resource import View

NAMES = (
    "FunctionName Runtime Role Handler Description Timeout MemorySize PackageType Architectures EphemeralStorage "
    "DeadLetterConfig LoggingConfig FileSystemConfigs CodeSha256"
)


class AwsLambdaFunction(Reader):
    """Lambda functions, with their policy's statements (`Permissions`), address (`UrlConfig`) and `CodeSha256`.

    Values of environment variables are never kept: a mark stands for each, which changes when the value does.
    Source: https://docs.aws.amazon.com/lambda/latest/api/API_FunctionConfiguration.html
    """

    type: ClassVar[str] = "AWS::Lambda::Function"
    named_by = ("functionName", "resource", "functionArn")
    makes_calls = True
    satellites = ("Permissions", "UrlConfig", "CodeSha256")
    permissions = (
        "lambda:ListFunctions",
        "lambda:GetFunctionConfiguration",
        "lambda:GetPolicy",
        "lambda:GetFunctionUrlConfig",
        "lambda:ListTags",
    )

    def find(self, view: View) -> Iterator[Any]:
        return view.every("lambda", "ListFunctions", "Functions")

    def get(self, view: View, id: str) -> Any | None:
        return view.maybe("lambda", "GetFunctionConfiguration", FunctionName=id)

    def draft(self, view: View, found: Any) -> Draft:
        name = found["FunctionName"]
        draft = Draft(pick(found, NAMES, Arn="FunctionArn", KmsKeyArn="KMSKeyArn"))
        draft.observed |= pick(found, "LastModified State LastUpdateStatus")
        draft["Code"] = {}
        draft["TracingConfig"] = pick(found.get("TracingConfig", {}), "Mode")
        draft["Layers"] = [layer["Arn"] for layer in found.get("Layers", ())]
        draft["VpcConfig"] = pick(found.get("VpcConfig") or {}, "SecurityGroupIds", "SubnetIds")
        draft["Environment"] = _environment(found)
        with draft.part("/Permissions"):
            policy = view.maybe("lambda", "GetPolicy", "ResourceNotFoundException", FunctionName=name)
            draft["Permissions"] = document(policy["Policy"]).get("Statement", []) if policy else []
        with draft.part("/UrlConfig"):
            url = view.maybe("lambda", "GetFunctionUrlConfig", "ResourceNotFoundException", FunctionName=name)
            draft.known("UrlConfig", url and pick(url, "FunctionUrl AuthType Cors InvokeMode"))
        with draft.part("/Tags"):
            tags = view.call("lambda", "ListTags", Resource=found["FunctionArn"])
            draft["Tags"] = key_values(tags.get("Tags"))
        draft.relate("uses", "AWS::IAM::Role", found.get("Role", "").rpartition("/")[2])
        draft.relate(
            "is associated with", "AWS::EC2::SecurityGroup", draft.configuration["VpcConfig"].get("SecurityGroupIds")
        )
        return draft

    def id(self, configuration: dict[str, Any]) -> str:
        return configuration["FunctionName"]


def _environment(found: dict[str, Any]) -> dict[str, Any]:
    variables = found.get("Environment", {}).get("Variables", {})
    arn = found["FunctionArn"]
    return {"Variables": {name: redacted(f"{arn} {name}", value) for name, value in sorted(variables.items())}}
