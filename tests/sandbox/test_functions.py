import urllib.error
import urllib.request

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.conftest import ACCOUNT
from tests.scan.zip_made import python, zipped

CODE = zipped(python())


def fetched(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read()


def test_code_and_layers_are_fetched_where_the_answers_say_they_lie(clients):
    functions = clients("lambda")
    layer = functions.publish_layer_version(LayerName="shared", Content={"ZipFile": CODE})["LayerVersionArn"]
    clients("iam").create_role(RoleName="runs", AssumeRolePolicyDocument='{"Version": "2012-10-17", "Statement": []}')
    made = {"Runtime": "python3.12", "Handler": "m.h", "Role": f"arn:aws:iam::{ACCOUNT}:role/runs", "Layers": [layer]}
    functions.create_function(FunctionName="resize", Code={"ZipFile": CODE}, **made)
    found = functions.get_function(FunctionName="resize")
    assert found["Configuration"]["FunctionName"] == "resize"
    assert fetched(found["Code"]["Location"]) == CODE
    content = functions.get_layer_version_by_arn(Arn=layer)["Content"]
    assert (fetched(content["Location"]), content["CodeSize"]) == (CODE, len(CODE))
    with pytest.raises(urllib.error.HTTPError, match="403") as refused:
        fetched(found["Code"]["Location"][:-4] + "0000")
    refused.value.close()


def test_what_is_not_there_is_not_found(clients):
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        clients("lambda").get_function(FunctionName="gone")
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        clients("lambda").get_layer_version_by_arn(Arn="arn:aws:lambda:us-east-1:111111111111:layer:gone:1")
