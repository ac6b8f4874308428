"""Images that tests make."""

import gzip
import hashlib
import io
import json
import tarfile


def tar(*members):
    """A tar of (name, content or what else) pairs: bytes, None for a folder, a kind and its target."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, what in members:
            member = tarfile.TarInfo(name)
            if what is None:
                member.type = tarfile.DIRTYPE
            elif isinstance(what, tuple):
                member.type = {"link": tarfile.SYMTYPE, "hard": tarfile.LNKTYPE, "pipe": tarfile.FIFOTYPE}[what[0]]
                member.linkname = what[1]
            content = what if isinstance(what, bytes) else b""
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return file.getvalue()


def digest_of(content):
    return "sha256:" + hashlib.sha256(content).hexdigest()


def saved(*layers, architecture="amd64"):
    """The files of `docker save`."""
    config = json.dumps(
        {"os": "linux", "architecture": architecture, "rootfs": {"diff_ids": [digest_of(each) for each in layers]}}
    ).encode()
    names = [f"{number}/layer.tar" for number in range(len(layers))]
    manifest = json.dumps([{"Config": "c.json", "RepoTags": ["x:1"], "Layers": names}]).encode()
    return {"manifest.json": manifest, "c.json": config, **dict(zip(names, layers, strict=True))}


def layout(images, pack=gzip.compress):
    """The files of an OCI layout; images: {platform: [layer, …]}."""
    files = {"oci-layout": b'{"imageLayoutVersion": "1.0.0"}'}

    def put(content, **more):
        digest = digest_of(content)
        files["blobs/" + digest.replace(":", "/")] = content
        return {"digest": digest, "size": len(content), **more}

    entries = []
    for platform, layers in images.items():
        system, architecture = platform.split("/")
        told = {"os": system, "architecture": architecture}
        config = put(json.dumps({**told, "rootfs": {"diff_ids": [digest_of(each) for each in layers]}}).encode())
        content = json.dumps({"config": config, "layers": [put(pack(each)) for each in layers]}).encode()
        entries.append(put(content, mediaType="application/vnd.oci.image.manifest.v1+json", platform=told))
    inner = json.dumps({"manifests": entries}).encode()
    outer = {"manifests": [put(inner, mediaType="application/vnd.oci.image.index.v1+json")]}
    return {**files, "index.json": json.dumps(outer).encode()}
