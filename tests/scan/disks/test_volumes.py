from tests.scan.disks.made import contents, device, ext, run, tree

from nephoscope.scan.disks.volumes import volumes


def test_every_partition_is_read_or_says_why_not(tmp_path):
    disk = tmp_path / "disk"
    with disk.open("wb") as file:
        file.truncate(160 << 20)
    run(
        "sfdisk",
        "-q",
        disk,
        text="label: gpt\nsize=40M, name=root\nsize=20M, name=vault\nsize=20M\nsize=20M, name=raw\n",
    )
    image = ext(tree(tmp_path / "tree"), tmp_path / "image")
    with disk.open("r+b") as file:
        starts = [1 << 20, 41 << 20, 61 << 20, 81 << 20]
        for start, content in zip(starts, (image.read_bytes(), b"LUKS\xba\xbe", b""), strict=False):
            file.seek(start)
            file.write(content)
        file.seek(starts[2] + 4086)
        file.write(b"SWAPSPACE2")
    with device(disk) as opened:
        found = list(volumes(opened))
        assert [(one.number, one.name, one.cause) for one in found] == [
            (1, "root", ""),
            (2, "vault", "holds LUKS, encrypted: not supported"),
            (3, "", ""),
            (4, "raw", "no known file system"),
        ]
        assert contents(found[0].files)["/etc/tiny"] == b"tiny\n"
