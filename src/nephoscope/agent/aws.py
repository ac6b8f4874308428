"""An EC2 instance's signed identity document, from its metadata service (IMDSv2).

Asked at the link-local address only, never through a proxy, and with a short time-out: elsewhere than on AWS nobody
answers there. Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-identity-documents.html
"""

from __future__ import annotations

import http.client

ADDRESS = "169.254.169.254:80"
WITHIN_S = 1.0
MOST_BYTES = 64 << 10
DOCUMENT = "/latest/dynamic/instance-identity/document"
SIGNATURE = "/latest/dynamic/instance-identity/rsa2048"  # PKCS #7, SHA-256, RSA of 2048 bits


class NoInstance(Exception):
    """The metadata service did not answer as EC2's does; the text says how."""


def proof(address: str = ADDRESS, within_s: float = WITHIN_S) -> dict[str, str]:
    """The document and its signature, as the protocol's `cloud`. Raises NoInstance. address: another in tests."""
    token = _ask(address, within_s, "PUT", "/latest/api/token", {"X-aws-ec2-metadata-token-ttl-seconds": "60"})
    headers = {"X-aws-ec2-metadata-token": token.strip()}
    document = _ask(address, within_s, "GET", DOCUMENT, headers)
    signature = _ask(address, within_s, "GET", SIGNATURE, headers)
    return {"provider": "aws", "document": document, "signature": "".join(signature.split())}


def _ask(address: str, within_s: float, method: str, path: str, headers: dict[str, str]) -> str:
    connection = http.client.HTTPConnection(address, timeout=within_s)
    try:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        body = answer.read(MOST_BYTES)
        if answer.status != 200:
            raise NoInstance("%s of the metadata service: %d" % (path, answer.status))
        return body.decode("ascii")
    except (OSError, http.client.HTTPException, UnicodeDecodeError) as error:
        raise NoInstance("%s of the metadata service: %s" % (path, error or type(error).__name__)) from error
    finally:
        connection.close()
