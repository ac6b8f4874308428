"""Trees that tests make, and what a reader finds in them."""

from nephoscope.agent.packages.finding import packages_of
from nephoscope.agent.packages.package import Package
from nephoscope.agent.tree import Folder

DEBIAN = 'PRETTY_NAME="Debian GNU/Linux 12"\nID=debian\nVERSION_ID="12"\n'
STATUS = """\
Package: libssl3
Status: install ok installed
Architecture: amd64
Source: openssl (3.0.11-1~deb12u1)
Version: 3.0.11-1~deb12u2
Description: SSL
 Version: 9 is no field here

Package: gone
Status: deinstall ok config-files
Version: 1

Package: broken
Status: install ok installed

Package: bash
Status: install ok half-installed
Version: 1:5.2-1
"""


def put(root, files):
    """Files, by path and content, below a folder."""
    for path, content in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


def found_in(root):
    """The packages and the problems of a folder."""
    with Folder(str(root)) as tree:
        found = list(packages_of(tree))
    return [each for each in found if isinstance(each, Package)], [
        each for each in found if not isinstance(each, Package)
    ]
