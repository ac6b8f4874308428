"""LVM2's labels and metadata written by hand, since its own tools need the kernel's device mapper.

`pvck --dump` of lvm2, where it is installed, reads what is written here.
"""

import struct

from nephoscope.scan.disks.lvm import MAGIC, crc

SECTOR, AREA, AREA_BYTES, DATA = 512, 4096, (1 << 20) - 4096, 1 << 20
EXTENT = 8 * SECTOR * 1024  # 4 MiB


def uuid(number):
    return f"{number:032d}"


def dashed(text):
    cuts = (6, 10, 14, 18, 22, 26, 32)
    return "-".join(text[a:b] for a, b in zip((0, *cuts), cuts, strict=False))


def volume(name, number, *segments, status='["READ", "WRITE", "VISIBLE"]'):
    """A logical volume's text. segments: (extents, type, stripe size in sectors, [(pv, first extent), …])."""
    lines, start = [], 0
    for place, (count, kind, size, stripes) in enumerate(segments, 1):
        listed = ", ".join(f'"{pv}", {first}' for pv, first in stripes)
        turn = f"stripe_size = {size}\n" if len(stripes) > 1 else ""
        lines.append(
            f'segment{place} {{\nstart_extent = {start}\nextent_count = {count}\n\ntype = "{kind}"\n'
            f"stripe_count = {len(stripes)}\t# linear\n{turn}\nstripes = [\n{listed}\n]\n}}"
        )
        start += count
    return (
        f'{name} {{\nid = "{dashed(uuid(number))}"\nstatus = {status}\nflags = []\ncreation_host = "h \\"q\\""\n'
        f"segment_count = {len(segments)}\n\n" + "\n".join(lines) + "\n}"
    )


def group(volumes, physical, name="vg0", seqno=3):
    """A volume group's text. physical: {name: (uuid, extents)}."""
    parts = "\n".join(
        f'{pv} {{\nid = "{dashed(id_)}"\ndevice = "/dev/x"\nstatus = ["ALLOCATABLE"]\nflags = []\n'
        f"dev_size = {DATA // SECTOR + count * EXTENT // SECTOR}\npe_start = {DATA // SECTOR}\npe_count = {count}\n}}"
        for pv, (id_, count) in physical.items()
    )
    return (
        f'{name} {{\nid = "{dashed(uuid(99))}"\nseqno = {seqno}\nformat = "lvm2"\n'
        f'status = ["RESIZEABLE", "READ", "WRITE"]\nflags = []\nextent_size = {EXTENT // SECTOR}\n'
        f"max_lv = 0\nmax_pv = 0\n"
        f"metadata_copies = 0\n\nphysical_volumes {{\n\n{parts}\n}}\n\nlogical_volumes {{\n\n"
        + "\n".join(volumes)
        + '\n}\n}\n# Generated\n\ncontents = "Text Format Volume Group"\nversion = 1\n\ndescription = "test"\n'
    )


def start_of(id_, size, text, at=SECTOR):
    """The first MiB of a physical volume. at: where in the metadata area the text begins; it goes round its end."""
    content = text.encode() + b"\0"
    area = bytearray(AREA_BYTES)
    first = min(len(content), AREA_BYTES - at)
    area[at : at + first] = content[:first]
    area[SECTOR : SECTOR + len(content) - first] = content[first:]
    header = bytearray(SECTOR)
    struct.pack_into("<16sIQQ", header, 4, MAGIC, 1, AREA, AREA_BYTES)
    struct.pack_into("<QQII", header, 40, at, len(content), crc(content), 0)
    struct.pack_into("<I", header, 0, crc(bytes(header[4:])))
    area[:SECTOR] = header
    label = bytearray(SECTOR)
    label[:8] = b"LABELONE"
    struct.pack_into("<Q", label, 8, 1)
    struct.pack_into("<I8s", label, 20, 32, b"LVM2 001")
    body = id_.encode() + struct.pack("<Q", size) + struct.pack("<QQQQ", DATA, 0, 0, 0)
    body += struct.pack("<QQQQ", AREA, AREA_BYTES, 0, 0) + struct.pack("<II", 2, 0)
    label[32 : 32 + len(body)] = body
    struct.pack_into("<I", label, 16, crc(bytes(label[20:])))
    return bytes(SECTOR) + bytes(label) + bytes(AREA - 2 * SECTOR) + bytes(area)


def write(path, id_, text, extents, at=SECTOR):
    """A physical volume as a file: {first extent: bytes}."""
    size = DATA + (max(extents, default=0) + 16) * EXTENT
    with path.open("wb") as file:
        file.truncate(size)
        file.write(start_of(id_, size, text, at))
        for first, content in extents.items():
            file.seek(DATA + first * EXTENT)
            file.write(content)
    return path
