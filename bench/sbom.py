"""How fast packages of an image and of a disk are found, and how much of the disk is fetched.

The image, of 500 MB in five layers of gzip, and the disk, a sparse one of 8 GB with ext4, hold a Debian of 1,500
packages in 30,000 files, of which 1,200 may be run and four of five are documentation and the like, as on a Debian; and
400 Python and 600 npm packages. The disk is read in blocks of 512 KB, as a snapshot's are fetched.
"""

import gzip
import hashlib
import io
import json
import os
import random
import shutil
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from bench.figure import Figure, environment, nephoscope, run
from nephoscope.agent.packages.package import Package
from nephoscope.clouds.safe_address import Network
from nephoscope.clouds.safe_http import SafeHttp
from nephoscope.scan.disks.device import BlockDevice
from nephoscope.scan.disks.looking import look
from nephoscope.scan.images.cache import Cache
from nephoscope.scan.images.pulling import pull
from nephoscope.scan.images.reference import reference_of
from nephoscope.scan.images.registry import Registry

IMAGE_BYTES, DISK_BYTES, BLOCK_BYTES = 500 << 20, 8 << 30, 512 << 10
SYSTEM, PYTHON, NPM, FILES, PROGRAMS = 1_500, 400, 600, 30_000, 1_200
PACKAGES = SYSTEM + PYTHON + NPM
MKFS = shutil.which("mkfs.ext4", path=f"{os.environ['PATH']}:/usr/sbin:/sbin")


def figures():
    with tempfile.TemporaryDirectory() as folder:
        return [*_image(Path(folder)), *(_disk(Path(folder)) if MKFS else ())]


def _image(folder):
    image = folder / "image.tar"
    subprocess.run([sys.executable, "-m", "bench.sbom", image], check=True, env=environment())
    out = folder / "out.jsonl"
    done = run(nephoscope("scan", "sbom", image, "-o", out), 120)
    found = out.read_bytes().count(b"\n")
    return [
        *_pulled(image, folder / "cache"),
        Figure(
            f"an image of {image.stat().st_size >> 20} MB, a process of its own, file in memory: wall",
            done.wall_s,
            "s",
            5,
        ),
        Figure("… packages that were there", found / PACKAGES * 100, "%", 100, at_least=True),
        Figure("… CPU", done.cpu_s, "s"),
        Figure("… peak memory", done.peak_mb, "MB"),
    ]


def _pulled(image, cache):
    """The same image from a registry on this machine: with an empty cache, and again."""
    with _registry(image) as host:
        target = ("scan", "sbom", f"{host}/app:1", "--allow-private", "--plain-http", "--cache", cache)
        out = cache.with_name("pulled.jsonl")
        cold = run(nephoscope(*target, "-o", out), 120)
        warm = run(nephoscope(*target, "-o", out), 120)
        http = SafeHttp(Network(allow_private=True))
        began = time.perf_counter()
        found = list(pull(Registry(http, reference_of(f"{host}/app:1"), Cache(cache), scheme="http")))
        again_s = time.perf_counter() - began
    return [
        Figure("the same image from a registry, empty cache, a process of its own: wall", cold.wall_s, "s", 5),
        Figure("… CPU", cold.cpu_s, "s"),
        Figure("… again, cached: one manifest asked for, packages given", again_s * 1e3, "ms", 50),
        Figure("… again, cached, a process of its own with its start: wall", warm.wall_s * 1e3, "ms"),
        Figure("… packages that were there", len(found) / PACKAGES * 100, "%", 100, at_least=True),
    ]


@contextmanager
def _registry(image):
    """A registry with one image, on the loopback; gives its host."""
    with tarfile.open(image) as archive:
        places = {each.name: (each.offset_data, each.size) for each in archive}
        index = json.load(archive.extractfile("index.json"))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            wanted = self.path.rpartition("/")[2]
            digest = index["manifests"][0]["digest"] if wanted == "1" else wanted
            offset, size = places["blobs/" + digest.replace(":", "/")]
            self.send_response(200)
            self.send_header("Content-Length", str(size))
            self.end_headers()
            with image.open("rb") as file:
                self.wfile.flush()
                self.connection.sendfile(file, offset, size)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def _disk(folder):
    root, image = folder / "root", folder / "disk.img"
    for path, content, mode in _files():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        file.chmod(mode)
    with image.open("wb") as file:
        file.truncate(DISK_BYTES)
    subprocess.run([MKFS, "-q", "-F", "-d", root, image], check=True, capture_output=True)
    with image.open("rb") as file:
        device = BlockDevice(
            DISK_BYTES, BLOCK_BYTES, lambda number: os.pread(file.fileno(), BLOCK_BYTES, number * BLOCK_BYTES)
        )
        began = time.perf_counter()
        found = sum(isinstance(each, Package) for each in look(device))
        wall_s = time.perf_counter() - began
    return [
        Figure("a disk of 8 GB: fetched", device.fetched * BLOCK_BYTES / 1e6, "MB", 100),
        Figure("… packages that were there", found / PACKAGES * 100, "%", 100, at_least=True),
        Figure("… wall", wall_s, "s"),
    ]


def _files():
    """Each file's path, content and mode."""
    chance = random.Random(1)
    noise = chance.randbytes(1 << 20)
    yield "etc/os-release", b'ID=debian\nVERSION_ID="12"\n', 0o644
    paragraph = (
        "Package: p{0}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.{0}-1\nDescription: {1}\n\n"
    )
    status = "".join(paragraph.format(number, "words and more words " * 30) for number in range(SYSTEM))
    yield "var/lib/dpkg/status", status.encode(), 0o644
    for number in range(PYTHON):
        path = f"usr/lib/python3/dist-packages/m{number}-1.0.dist-info/METADATA"
        yield path, f"Name: m{number}\nVersion: 1.0\n\n{'words ' * 500}".encode(), 0o644
    for number in range(NPM):
        told = {"name": f"n{number}", "version": "2.0.0", "description": "words " * 20}
        yield f"srv/app/node_modules/n{number}/package.json", json.dumps(told).encode(), 0o644
    for number in range(FILES):
        at = chance.randrange(len(noise) - 40_000)
        is_program = number < PROGRAMS
        where = "usr/lib" if number % 5 == 0 else f"usr/share/{('doc', 'man', 'locale', 'icons')[number % 5 - 1]}"
        path = f"usr/bin/x{number}" if is_program else f"{where}/d{number // 80}/f{number}"
        start = b"\x7fELF\x02\x01\x01" + bytes(57) if is_program else b""
        yield (
            path,
            start + noise[at : at + chance.randrange(500, 40_000 if is_program else 8_000)],
            0o755 if is_program else 0o644,
        )


def _write_image(image):
    layers = [io.BytesIO() for _ in range(5)]
    tars = [tarfile.open(fileobj=each, mode="w") for each in layers]  # noqa: SIM115 - closed below
    written = 0
    for number, (path, content, mode) in enumerate(_files()):
        written += _add(tars[number % 5], path, content, mode)
    chance = random.Random(2)
    for number in range((IMAGE_BYTES - written) // (4 << 20)):
        _add(tars[number % 5], f"opt/large{number}", chance.randbytes(4 << 20), 0o644)
    for each in tars:
        each.close()
    _pack(image, [each.getvalue() for each in layers])


def _add(archive, path, content, mode):
    member = tarfile.TarInfo(path)
    member.size, member.mode = len(content), mode
    archive.addfile(member, io.BytesIO(content))
    return len(content)


def _pack(image, layers):
    with tarfile.open(image, "w") as archive:

        def put(content):
            digest = hashlib.sha256(content).hexdigest()
            _add(archive, f"blobs/sha256/{digest}", content, 0o644)
            return {"digest": f"sha256:{digest}", "size": len(content)}

        ids = [f"sha256:{hashlib.sha256(each).hexdigest()}" for each in layers]
        config = put(json.dumps({"os": "linux", "architecture": "amd64", "rootfs": {"diff_ids": ids}}).encode())
        stored = [put(gzip.compress(each, 1)) for each in layers]
        manifest = put(json.dumps({"config": config, "layers": stored}).encode())
        _add(archive, "oci-layout", b'{"imageLayoutVersion": "1.0.0"}', 0o644)
        _add(archive, "index.json", json.dumps({"manifests": [manifest]}).encode(), 0o644)


if __name__ == "__main__":
    _write_image(Path(sys.argv[1]))
