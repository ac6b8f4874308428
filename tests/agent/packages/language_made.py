"""Files of language packages that tests make."""

import io
import struct
import zipfile

START, END = bytes.fromhex("3077af0c9274080241e1c107e6d618e6"), bytes.fromhex("f932433186182072008242104116d8f2")


def varint(number):
    out = b""
    while number > 127:
        out, number = out + bytes([number & 127 | 128]), number >> 7
    return out + bytes([number])


def go_program(*lines, go="go1.22.1"):
    """An ELF file of two sections: build information in the inline form, and the sections' names."""
    texts = [go.encode(), START + "\n".join(lines).encode() + b"\n" + END]
    info = b"\xff Go buildinf:" + b"\x08\x02" + bytes(16) + b"".join(varint(len(each)) + each for each in texts)
    names = b"\0.go.buildinfo\0.shstrtab\0"
    at_names = 64 + len(info)
    table = at_names + len(names)
    sections = [(0, 0, 0), (1, 64, len(info)), (15, at_names, len(names))]
    headers = b"".join(struct.pack("<IIQQQQIIQQ", name, 1, 0, 0, at, size, 0, 0, 0, 0) for name, at, size in sections)
    start = (
        b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, 0, 0, table, 0, 64, 0, 0, 64, 3, 2)
    )
    return start + info + names + headers


def jar(files, method=zipfile.ZIP_DEFLATED):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return content.getvalue()


def pom(group, name, version):
    path = f"META-INF/maven/{group}/{name}/pom.properties"
    return {path: f"#Created by Maven\ngroupId={group}\nartifactId={name}\nversion={version}\n"}
