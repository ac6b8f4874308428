"""How other processes of this machine read a lake that one process holds: a Unix socket in its data folder.

A request is one frame of JSON (`sql`, `parameters`), its answer one frame of JSON (`error`, or nothing) followed, if it
went well, by one frame holding an Arrow stream. A frame is its length, four bytes big-endian, and its
content. Statements read the lake's own tables (`free_sql.only_reads`), and ClickHouse itself keeps them within
`lake.LIMITS`. The socket is its owner's alone.
"""

from __future__ import annotations

import os
import socket
import struct
import threading
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from nephoscope.model.errors import NephoscopeError, StoreError
from nephoscope.store.free_sql import only_reads
from nephoscope.store.lake import Lake, LakeReader, open_lake

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import pyarrow as pa

SOCKET = "lake.sock"
FOLDER = "lake"
REQUEST_BYTES = 1 << 20
ANSWER_BYTES = 1 << 30
IDLE_S = 30
ANSWER_S = 130
READERS = 8
WAITING = 512
LENGTH = struct.Struct(">I")
UNIX_PATH_BYTES = 100


class Request(msgspec.Struct, forbid_unknown_fields=True):
    """One statement; times in parameters are written as ISO texts under `times`."""

    sql: str
    parameters: dict[str, Any] = {}
    times: dict[str, datetime] = {}


class LakeServer:
    """Serves a lake's socket from threads of its own until it is closed."""

    def __init__(self, lake: Lake, folder: Path) -> None:
        self._lake = lake
        self._path = folder / SOCKET
        self._slots = threading.BoundedSemaphore(READERS)
        self._listener = _listen(self._path)
        self._thread = threading.Thread(target=self._accept, name="lake-socket", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening; requests under way are answered."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)
        self._path.unlink(missing_ok=True)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._slots.acquire()
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection:
                connection.settimeout(IDLE_S)
                while (content := receive(connection, REQUEST_BYTES)) is not None:
                    self._answer(connection, content)
        except (OSError, StoreError):
            return  # the reader went away, or sends no frames: nobody is left to tell
        finally:
            self._slots.release()

    def _answer(self, connection: socket.socket, content: bytes) -> None:
        try:
            request = msgspec.json.decode(content, type=Request)
            parameters = request.parameters | request.times
            stream = self._lake.stream(only_reads(self._lake, request.sql, parameters), parameters)
        except (NephoscopeError, msgspec.MsgspecError, ValueError, TypeError, ArithmeticError) as error:
            send(connection, msgspec.json.encode({"error": str(error)}))
            return
        send(connection, b"{}")
        send(connection, stream)


class RemoteLake:
    """Reads a lake through the socket of the process that holds it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def rows(self, sql: str, parameters: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        return self.arrow(sql, parameters).to_pylist()

    def arrow(self, sql: str, parameters: Mapping[str, Any] | None = None) -> pa.Table:
        given = dict(parameters or {})
        times = {name: value for name, value in given.items() if isinstance(value, datetime)}
        plain = {name: value for name, value in given.items() if name not in times}
        with _asking(self._path) as connection:
            send(connection, msgspec.json.encode(Request(sql, plain, times)))
            answer = msgspec.json.decode(_needed(connection, REQUEST_BYTES), type=dict[str, Any])
            if "error" in answer:
                raise StoreError(answer["error"])
            return _from_stream(_needed(connection, ANSWER_BYTES))


@contextmanager
def connect_lake(data_folder: Path, url: str = "") -> Iterator[LakeReader]:
    """Read the lake of a data folder: through the process that holds it, else by opening it here.

    url: as configured, a cluster's too; a lake that is not there yet is then made. Empty for the one in the folder,
    and then StoreError is raised if there is none yet.
    """
    if url and not url.startswith("chdb:"):
        with open_lake(url) as lake:
            yield lake
    elif is_served(data_folder):
        yield RemoteLake(data_folder / SOCKET)
    elif not url and not (data_folder / FOLDER).is_dir():
        raise StoreError(
            f"There is no lake in {data_folder}: start `nephoscope up` first, or name its folder by --data"
        )
    else:
        with open_lake(url or f"chdb://{(data_folder / FOLDER).absolute()}") as lake:
            yield lake


def send(connection: socket.socket, content: bytes) -> None:
    """Send one frame."""
    connection.sendall(LENGTH.pack(len(content)) + content)


def receive(connection: socket.socket, most: int) -> bytes | None:
    """Receive one frame; None where the other side has ended. Raises StoreError for one that is too long or torn."""
    head = _exactly(connection, LENGTH.size)
    if head is None:
        return None
    [length] = LENGTH.unpack(head)
    if length > most:
        raise StoreError(f"A frame of {length} bytes came over the lake's socket; at most {most} are taken")
    content = _exactly(connection, length)
    if content is None:
        raise StoreError("The lake's socket ended within a frame")
    return content


def _exactly(connection: socket.socket, count: int) -> bytes | None:
    content = bytearray()
    while len(content) < count:
        part = connection.recv(min(count - len(content), 1 << 20))
        if not part:
            if content:
                raise StoreError("The lake's socket ended within a frame")
            return None if count else b""
        content += part
    return bytes(content)


def _needed(connection: socket.socket, most: int) -> bytes:
    content = receive(connection, most)
    if content is None:
        raise StoreError("The process that holds the lake ended while it was asked: try again")
    return content


def _from_stream(content: bytes) -> pa.Table:
    import pyarrow as pa

    try:
        return pa.ipc.open_stream(content).read_all()
    except pa.ArrowInvalid as error:
        raise StoreError(f"The lake's socket sent no Arrow stream: {error}") from error


@contextmanager
def _asking(path: Path) -> Iterator[socket.socket]:
    try:
        with socket.socket(socket.AF_UNIX) as connection, _short(path) as name:
            connection.settimeout(ANSWER_S)
            connection.connect(name)
            yield connection
    except OSError as error:
        raise StoreError(
            f"The lake's socket {path} does not answer ({error}): is `nephoscope up` still running?"
        ) from error


def is_served(data_folder: Path) -> bool:
    """Whether a process that holds the lake of a data folder answers for it."""
    try:
        with _asking(data_folder / SOCKET):
            return True
    except StoreError:
        return False


def _listen(path: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX)
    try:
        path.unlink(missing_ok=True)
        with _short(path) as name:
            listener.bind(name)
        path.chmod(0o600)
        listener.listen(WAITING)
    except OSError as error:
        listener.close()
        raise StoreError(
            f"The lake's socket {path} cannot be made ({error.strerror}): the folder must be writable"
        ) from error
    return listener


@contextmanager
def _short(path: Path) -> Iterator[str]:
    """A name of the socket that fits the 108 bytes a Unix address has, however deep its folder lies."""
    if len(str(path).encode()) <= UNIX_PATH_BYTES:
        yield str(path)
        return
    with ExitStack() as stack:
        folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
        stack.callback(os.close, folder)
        yield f"/proc/self/fd/{folder}/{path.name}"
