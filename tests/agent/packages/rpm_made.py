"""RPM databases that tests make: headers, and the three kinds of file that keep them."""

import sqlite3
import struct
from contextlib import closing

NUMBERS = {"name": 1000, "version": 1001, "release": 1002, "arch": 1022, "source_rpm": 1044, "module": 5096}


def header(**tags):
    """A header of texts and, for `epoch`, a number."""
    index, data = b"", b""
    for name, value in tags.items():
        if name == "epoch":
            data += b"\0" * (-len(data) % 4)
            index += struct.pack(">IIII", 1003, 4, len(data), 1)
            data += struct.pack(">I", value)
        else:
            index += struct.pack(">IIII", NUMBERS[name], 6, len(data), 1)
            data += value.encode() + b"\0"
    return struct.pack(">II", len(tags), len(data)) + index + data


def sqlite_file(path, blobs):
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL)")
        database.executemany("INSERT INTO Packages (blob) VALUES (?)", [(blob,) for blob in blobs])


def ndb_file(blobs):
    slots, body, at = b"", b"", 4096
    for number, blob in enumerate(blobs, 1):
        content = b"BlbS" + struct.pack("<III", number, 0, len(blob)) + blob
        content += b"\0" * (-len(content) % 16)
        slots += b"Slot" + struct.pack("<III", number, at // 16, len(content) // 16)
        body += content
        at += len(content)
    start = b"RpmP" + struct.pack("<IIIIIII", 0, 0, 1, len(blobs) + 1, 0, 0, 0) + slots
    while len(start) < 4096:
        start += b"Slot" + bytes(12)
    return start + body


def berkeley_file(blobs, order="<", size=512):
    """A hash file of one bucket; each value lies on overflow pages."""
    pages = [b"", b""]
    items, places, end = b"", [], size
    for number, blob in enumerate(blobs, 1):
        first = len(pages)
        parts = [blob[at : at + size - 26] for at in range(0, len(blob), size - 26)]
        for index, part in enumerate(parts):
            following = first + index + 1 if index + 1 < len(parts) else 0
            start = bytes(8) + struct.pack(order + "IIIHHBB", first + index, 0, following, 1, len(part), 0, 7)
            pages.append((start + part).ljust(size, b"\0"))
        for item in (b"\1" + struct.pack("<I", number), b"\3\0\0\0" + struct.pack(order + "II", first, len(blob))):
            items = item + items
            end -= len(item)
            places.append(end)
    start = bytes(8) + struct.pack(order + "IIIHHBB", 1, 0, 0, len(places), end, 0, 13)
    start += struct.pack(f"{order}{len(places)}H", *places)
    pages[1] = start + bytes(size - len(start) - len(items)) + items
    meta = bytes(12) + struct.pack(order + "III", 0x061561, 9, size) + b"\0\x08\0\0" + bytes(4)
    pages[0] = (meta + struct.pack(order + "I", len(pages) - 1)).ljust(size, b"\0")
    return b"".join(pages)
