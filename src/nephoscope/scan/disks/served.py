"""A device that is read in another process: the reader asks for blocks by number, and has no other way to anything.

So what parses a hostile disk holds no credentials, no network and no file: only one end of a pair of sockets.
"""

from __future__ import annotations

import os
import socket
import struct
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from nephoscope.scan.disks.device import BlockDevice, DiskError

if TYPE_CHECKING:
    from collections.abc import Generator

    from nephoscope.scan.disks.device import Device

BLOCK = 512 << 10
_NUMBER = struct.Struct("<Q")


class Serving:
    """A device's side. error: what ended it, if anything did; the reader only sees that no more comes."""

    def __init__(self, device: Device) -> None:
        self.error: BaseException | None = None
        self._device = device
        self._ours, self.theirs = socket.socketpair()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def where(self) -> str:
        """What the reader has to know: descriptor and size."""
        return f"{self.theirs.fileno()}:{self._device.size}"

    def _serve(self) -> None:
        try:
            while number := _received(self._ours.fileno(), _NUMBER.size):
                at = _NUMBER.unpack(number)[0] * BLOCK
                content = self._device.read(at, max(0, min(BLOCK, self._device.size - at)))
                self._ours.sendall(content.ljust(BLOCK, b"\0"))
        except BaseException as error:  # noqa: BLE001 - the thread's end: whoever looks at the device raises it
            self.error = error
        finally:
            self._ours.close()


@contextmanager
def serving(device: Device) -> Generator[Serving]:
    """Serve a device for as long as the block lasts; `theirs` is for the reader's process."""
    one = Serving(device)
    one._thread.start()  # pyright: ignore[reportPrivateUsage]
    try:
        yield one
    finally:
        one.theirs.close()
        one._thread.join()  # pyright: ignore[reportPrivateUsage]


def asking(descriptor: int, size: int) -> BlockDevice:
    """The reader's side: a device whose blocks come through a socket's descriptor.

    Reading it raises DiskError when no more come.
    """

    def fetch(number: int) -> bytes:
        try:
            os.write(descriptor, _NUMBER.pack(number))
            content = _received(descriptor, BLOCK)
        except OSError as error:
            raise DiskError(f"block {number} could not be had: {error}") from error
        if not content:
            raise DiskError(f"block {number} could not be had")
        return content

    return BlockDevice(size, BLOCK, fetch)


def _received(descriptor: int, length: int) -> bytes:
    """Exactly so many bytes; none at all if the other side is gone."""
    content = bytearray()
    while len(content) < length:
        part = os.read(descriptor, length - len(content))
        if not part:
            return b""
        content += part
    return bytes(content)
