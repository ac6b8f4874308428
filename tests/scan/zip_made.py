"""Zips of functions that tests make."""

import io
import zipfile

METADATA = "Metadata-Version: 2.1\nName: {}\nVersion: {}\n"


def zipped(files, compression=zipfile.ZIP_DEFLATED):
    """A zip of {name: content}; a name may be a ZipInfo."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


def python(name="requests", version="2.0", folder=""):
    """A Python package's files, as pip puts them beside a handler."""
    return {
        f"{folder}{name}-{version}.dist-info/METADATA": METADATA.format(name, version),
        f"{folder}{name}.py": "x = 1\n",
    }
