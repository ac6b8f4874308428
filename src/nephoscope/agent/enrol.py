"""Join token → identity: the agent makes its key, proves its instance, and pins the gateway's policy key.

The key is on the disk before the gateway hears of it, so a crash between the two loses no key that the gateway knows:
the same command again goes on with it. Leaving and renewing are here too.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import sys
from typing import Any

from nephoscope.agent import VERSION, aws, identity
from nephoscope.agent.canonical import canonical
from nephoscope.agent.client import Client, Refused
from nephoscope.agent.host import Host, Unreadable
from nephoscope.agent.identity import Folder, Identity, StateError
from nephoscope.agent.policy import PolicyError, public_key
from nephoscope.agent.tables.os import release

TOKEN = re.compile(r"njt_[0-9a-f]{12}_[A-Za-z0-9_-]{43}_([0-9a-f]{32})")
TOLD = ("ID", "ID_LIKE", "NAME", "PRETTY_NAME", "VERSION_ID", "VERSION_CODENAME", "VARIANT_ID")
IMAGE = "/etc/nephoscope/image.json"  # written by whoever builds an image: {"id": …}
PENDING, IDENTITY, RENEWING, STOPPED = "key.pending", "identity.json", "key.renewing", "stopped.json"


def read_token(path: str) -> str:
    """The token in a file. Raises StateError where there is none; what is in it is never told."""
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            token = file.read(4096).strip()
    except OSError as error:
        raise StateError("%s: %s" % (path, error.strerror)) from error
    if not TOKEN.fullmatch(token):
        raise StateError("%s holds no join token (njt_…)" % path)
    return token


def enrol(
    folder: Folder, host: Host, server: str, token: str, now: int, metadata: str | None = aws.ADDRESS
) -> tuple[Identity, str]:
    """Enrol, and keep the identity. Returns it with `enrolled` or `waiting`.

    metadata: where EC2's metadata service answers, None to ask none. Raises StateError, client's Unreachable and
    Refused, and PolicyError where the gateway's policy key is not the one that the token names.
    """
    key = _pending(folder)
    request, machine = _request(host, token, key, metadata)
    answer = Client(server, None, VERSION).post("/enrol", canonical(request).encode()).body
    pinned = public_key(str(answer.get("policy_key", "")))
    found = TOKEN.fullmatch(token)
    if found is None or not pinned.fingerprint.startswith(found.group(1)):
        raise PolicyError("the gateway's policy key is not the one that the token names: this may be another gateway")
    if answer.get("agent") != identity.agent_id(key):
        raise PolicyError("the gateway gave an id that is not our key's")
    made = Identity(
        key=key,
        server=server.rstrip("/"),
        policy_key=str(answer["policy_key"]),
        fingerprint=pinned.fingerprint,
        enrolled=now,
        renewed=now,
        hostname=request["hostname"],
        machine=machine,
        chain=identity.agent_id(key),
    )
    identity.save(folder, made)
    for name in (PENDING, RENEWING, STOPPED, "policy.json"):
        folder.remove(name)
    return made, str(answer.get("state", "enrolled"))


def _pending(folder: Folder) -> bytes:
    try:
        key = folder.read(PENDING)
        if len(key) == identity.KEY_BYTES:
            return key
    except FileNotFoundError:
        pass
    key = identity.new_key()
    folder.write(PENDING, key)
    return key


def _request(host: Host, token: str, key: bytes, metadata: str | None) -> tuple[dict[str, Any], str]:
    told = release(host)
    cloud = None
    if metadata is not None:
        try:
            cloud = dict(aws.proof(metadata), caller=None)
        except aws.NoInstance:
            cloud = None  # no EC2 instance, or its metadata service is off: the gateway sees that there is no proof
    request = {
        "token": token,
        "key": base64.b64encode(key).decode(),
        "hostname": _text(host, "/proc/sys/kernel/hostname"),
        "machine_id": _text(host, "/etc/machine-id"),
        "agent_version": VERSION,
        "python": "%d.%d.%d" % sys.version_info[:3],
        "os": {name.lower(): told[name] for name in TOLD if name in told},
        "cloud": cloud,
        "image": _image(host),
    }
    return request, machine(host)


def machine(host: Host) -> str:
    """A digest of what tells this machine from a copy of it: machine-id, and the board's UUID where it may be read."""
    parts = [_text(host, "/etc/machine-id"), _text(host, "/sys/class/dmi/id/product_uuid").lower()]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _text(host: Host, path: str) -> str:
    try:
        return host.text(path, 4096).strip()
    except Unreadable:
        return ""


def _image(host: Host) -> Any:
    try:
        told = host.json(IMAGE, 1 << 16)
    except Unreadable as error:
        if error.absent:
            return None
        raise StateError(str(error)) from error
    if not isinstance(told, dict) or not isinstance(told.get("id"), str):
        raise StateError('%s is no {"id": …}' % IMAGE)
    return {"id": told["id"]}


def renew(folder: Folder, held: Identity, client: Client, now: int) -> Identity:
    """A new key in the old one's place. Raises Unreachable, Refused, StateError; the old one then still holds."""
    key = identity.new_key()
    folder.write(RENEWING, key)
    answer = client.post("/renew", canonical({"key": base64.b64encode(key).decode()}).encode())
    if answer.body.get("agent") != identity.agent_id(key):
        raise StateError("the gateway gave an id that is not the new key's")
    return take(folder, held, key, now)


def take(folder: Folder, held: Identity, key: bytes, now: int) -> Identity:
    """Keep the identity under its new key."""
    made = held._replace(key=key, renewed=now)
    identity.save(folder, made)
    folder.remove(RENEWING)
    return made


def renewing(folder: Folder) -> bytes | None:
    """The key of a renewal that did not come to its end, which the gateway may know already."""
    try:
        return folder.read(RENEWING)
    except FileNotFoundError:
        return None


def leave(folder: Folder, held: Identity, client: Client) -> None:
    """Tell the gateway that silence is expected, and forget the identity. Raises Unreachable, Refused."""
    try:
        client.post("/leave", b"{}")
    except Refused as error:
        if error.problem != "unknown-agent":  # it knows us no more: there is nobody to tell
            raise
    folder.remove(IDENTITY)
    folder.remove("policy.json")


def stopped(folder: Folder) -> str:
    """Why the agent may not run until it is enrolled anew; empty if it may."""
    try:
        return str(json.loads(folder.read(STOPPED))["cause"])
    except FileNotFoundError:
        return ""
    except (ValueError, KeyError, TypeError):
        return "%s is broken" % folder.place(STOPPED)


def stop(folder: Folder, cause: str, now: int) -> None:
    """Note that the agent may not run until it is enrolled anew."""
    folder.write(STOPPED, canonical({"cause": cause, "at": now}).encode())
