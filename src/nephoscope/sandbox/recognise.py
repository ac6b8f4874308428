"""HTTP request → service, operation and parameters, as the API models that botocore carries describe them."""

from __future__ import annotations

import functools
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.loaders import Loader
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router

if TYPE_CHECKING:
    from collections.abc import Mapping

    from moto.core.model import OperationModel

# Services whose model has another name than their signatures' scope; the first whose operations fit is meant.
BY_SIGNING_NAME: Mapping[str, tuple[str, ...]] = {
    "access-analyzer": ("accessanalyzer",),
    "airflow": ("mwaa",),
    "aoss": ("opensearchserverless",),
    "apigateway": ("apigateway", "apigatewayv2"),
    "aps": ("amp",),
    "bedrock": ("bedrock", "bedrock-runtime", "bedrock-agent", "bedrock-agent-runtime"),
    "cassandra": ("keyspaces",),
    "cloudcontrolapi": ("cloudcontrol",),
    "cloudhsm": ("cloudhsmv2",),
    "dynamodb": ("dynamodb", "dynamodbstreams"),
    "elasticfilesystem": ("efs",),
    "elasticloadbalancing": ("elbv2", "elb"),
    "elasticmapreduce": ("emr",),
    "es": ("opensearch", "es"),
    "geo": ("location",),
    "iotdata": ("iot-data",),
    "kinesisanalytics": ("kinesisanalyticsv2", "kinesisanalytics"),
    "lex": ("lexv2-models", "lex-models"),
    "mobiletargeting": ("pinpoint",),
    "monitoring": ("cloudwatch",),
    "s3": ("s3", "s3control"),
    "sagemaker": ("sagemaker", "sagemaker-runtime"),
    "servicecatalog": ("servicecatalog", "servicecatalog-appregistry"),
    "servicequotas": ("service-quotas",),
    "ses": ("ses", "sesv2"),
    "sso": ("sso-admin",),
    "states": ("stepfunctions",),
    "tagging": ("resourcegroupstaggingapi",),
    "timestream": ("timestream-write", "timestream-query"),
}
SCOPE = re.compile(r"Credential=([^/,\s]*)/\d+/([^/]*)/([^/]+)/aws4_request")
UNSIGNED = {
    "AssumeRoleWithSAML": "sts",
    "AssumeRoleWithWebIdentity": "sts",
    "AWSCognitoIdentityService": "cognito-identity",
    "AWSCognitoIdentityProviderService": "cognito-idp",
}
DEFAULT_REGION = "us-east-1"


@dataclass(frozen=True)
class Signature:
    """What a request's signature says: whose key, for which region and service. Empty strings where unsigned."""

    access_key_id: str = ""
    region: str = DEFAULT_REGION
    service: str = ""
    token: str = ""
    is_presigned: bool = False


@dataclass(frozen=True)
class Recognised:
    """service and operation, "" where no model knows the request; parameters named as the model names them."""

    service: str
    operation: str
    parameters: Mapping[str, Any]


def signature(request: Request) -> Signature:
    """Read the signature's scope from the header or a presigned URL; it is not verified."""
    header = request.headers.get("Authorization", "")
    token = request.headers.get("X-Amz-Security-Token", "")
    if found := SCOPE.search(header):
        return Signature(found[1], found[2] or DEFAULT_REGION, found[3].lower(), token)
    parts = request.args.get("X-Amz-Credential", "").split("/")
    if len(parts) == 5:
        return Signature(parts[0], parts[2], parts[3].lower(), request.args.get("X-Amz-Security-Token", ""), True)
    if old := request.args.get("AWSAccessKeyId"):
        return Signature(old, service="s3", is_presigned=True)
    return Signature(service=_unsigned_service(request))


def _unsigned_service(request: Request) -> str:
    target = request.headers.get("X-Amz-Target", "").partition(".")[0]
    return UNSIGNED.get(target) or UNSIGNED.get(request.form.get("Action", "")) or "s3"


def recognise(request: Request, signing_name: str) -> Recognised:
    """Find the operation that a request asks for.

    signing_name: the service in the signature's scope. A request that fits no operation keeps the service, with ""
    as operation; parameters that do not parse are left out, as AWS leaves them out of its log.
    Source: Smithy's HTTP bindings, as moto's router implements them on botocore's models.
    """
    for service in candidates(request, signing_name):
        if found := _match(request, service):
            operation, path_parameters = found
            return Recognised(service, str(operation.name), _parameters(request, operation, path_parameters))
    named = request.headers.get("X-Amz-Target", "").rpartition(".")[2] or request.form.get("Action", "")
    return Recognised(signing_name, named, {})


def candidates(request: Request, signing_name: str) -> tuple[str, ...]:
    """The services that a signature's scope may mean, likeliest first."""
    if signing_name == "elasticloadbalancing" and request.values.get("Version", "").startswith("2012"):
        return ("elb",)
    if signing_name == "s3" and request.path.startswith("/v20180820/"):
        return ("s3control",)
    if named := BY_SIGNING_NAME.get(signing_name):
        return named
    return (signing_name,) if signing_name in services() else ()


@functools.cache
def services() -> frozenset[str]:
    """Every service that botocore has a model of."""
    return frozenset(Loader().list_available_services("service-2"))


def _match(request: Request, service: str) -> tuple[OperationModel, dict[str, Any]] | None:
    from werkzeug.exceptions import HTTPException

    try:
        return get_service_router(service).match(request)
    except (HTTPException, NotImplementedError):
        return None


def _parameters(request: Request, operation: OperationModel, path_parameters: dict[str, Any]) -> Mapping[str, Any]:
    protocol = determine_request_protocol(operation.service_model, request.content_type)
    body = b"" if operation.has_streaming_input else request.get_data()
    try:
        return PROTOCOL_PARSERS[protocol](operation).parse(
            {
                "method": request.method,
                "values": request.values,
                "headers": request.headers,
                "body": body,
                "url_path": request.path,
                "url_params": path_parameters,
            }
        )
    except Exception:  # noqa: BLE001 - a hostile body is the client's mistake: moto answers it, we still log the call
        return _unparsed(body)


def _unparsed(body: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
