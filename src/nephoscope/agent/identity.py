"""The agent's key, what its id is made from, and the folder that holds what it knows.

The folder is the agent's alone (0700) and everything in it is written whole or not at all. An id comes from the key, so
nobody can claim one.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import stat
from typing import Any, NamedTuple

STATE = "/var/lib/nephoscope-agent"
KEY_BYTES = 32


class StateError(Exception):
    """The state folder, or what lies in it, is not as it has to be; the text says what to do."""


class Folder:
    """The state folder. Raises StateError where it is a link, somebody else's, or open to others."""

    def __init__(self, path: str) -> None:
        self.path = path
        try:
            os.makedirs(path, mode=0o700, exist_ok=True)
            status = os.lstat(path)
        except OSError as error:
            raise StateError("%s: %s" % (path, error.strerror)) from error
        if not stat.S_ISDIR(status.st_mode):
            raise StateError("%s is no folder" % path)
        if status.st_uid != os.geteuid():
            raise StateError("%s belongs to user %d, not to %d" % (path, status.st_uid, os.geteuid()))
        if status.st_mode & 0o077:
            raise StateError("%s is open to others: chmod 700 it, and look at who could read its key" % path)

    def place(self, name: str) -> str:
        """Where a file of it lies."""
        return os.path.join(self.path, name)

    def write(self, name: str, data: bytes) -> None:
        """Write a file whole (0600), on the disk before it takes the old one's place. Raises StateError."""
        place = self.place(name)
        try:
            descriptor = os.open(place + ".new", os.O_CREAT | os.O_WRONLY | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(place + ".new", place)
        except OSError as error:
            raise StateError("%s: %s" % (place, error.strerror)) from error

    def read(self, name: str) -> bytes:
        """A file of it. Raises StateError, FileNotFoundError where it is absent."""
        try:
            with open(self.place(name), "rb") as file:
                return file.read()
        except FileNotFoundError:
            raise
        except OSError as error:
            raise StateError("%s: %s" % (self.place(name), error.strerror)) from error

    def remove(self, name: str) -> None:
        """Forget a file; that it is not there is well."""
        try:
            os.unlink(self.place(name))
        except FileNotFoundError:
            pass
        except OSError as error:
            raise StateError("%s: %s" % (self.place(name), error.strerror)) from error


class Identity(NamedTuple):
    """Who this agent is, and the gateway it trusts.

    fingerprint: of the policy key pinned at enrolment; machine: of the machine that enrolled; chain: the id of the
    first key since, under which batches are counted; enrolled, renewed: Unix seconds.
    """

    key: bytes
    server: str
    policy_key: str
    fingerprint: str
    enrolled: int
    renewed: int
    hostname: str
    machine: str
    chain: str

    @property
    def agent(self) -> str:
        """The id."""
        return agent_id(self.key)


def new_key() -> bytes:
    """A key."""
    return os.urandom(KEY_BYTES)


def agent_id(key: bytes) -> str:
    """The id that a key gives."""
    return hashlib.sha256(b"nephoscope-agent\0" + key).hexdigest()[:32]


def load(folder: Folder) -> Identity:
    """The identity kept at enrolment. Raises StateError, also where there is none."""
    try:
        told = json.loads(folder.read("identity.json"))
        fields: dict[str, Any] = dict(told, key=base64.b64decode(told["key"], validate=True))
        identity = Identity(**fields)
    except FileNotFoundError as error:
        raise StateError("not enrolled: run `enrol --server URL --token-file FILE`") from error
    except (ValueError, TypeError, KeyError) as error:
        raise StateError("%s is broken: %s; enrol again" % (folder.place("identity.json"), error)) from error
    if len(identity.key) != KEY_BYTES:
        raise StateError("%s holds no key of %d bytes: enrol again" % (folder.place("identity.json"), KEY_BYTES))
    return identity


def save(folder: Folder, identity: Identity) -> None:
    """Keep an identity. Raises StateError."""
    told = dict(identity._asdict(), key=base64.b64encode(identity.key).decode())
    folder.write("identity.json", json.dumps(told, indent=1, sort_keys=True).encode())


def signature(key: bytes, method: str, path: str, body: bytes, time: int, nonce: str) -> str:
    """The signature of a request; path with its query, body as sent."""
    text = "\n".join([method, path, hashlib.sha256(body).hexdigest(), str(time), nonce])
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def authorization(key: bytes, method: str, path: str, body: bytes, time: int, nonce: str) -> str:
    """The header that signs a request."""
    signed = signature(key, method, path, body, time, nonce)
    return "Nephoscope-HMAC agent=%s, time=%d, nonce=%s, signature=%s" % (agent_id(key), time, nonce, signed)
