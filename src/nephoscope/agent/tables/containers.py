"""Containers that run, from the processes' cgroups, with what docker, containerd, podman and CRI-O say of them.

A runtime's state that is there but cannot be read is named in the row. Containers that do not run are not told.
"""

from __future__ import annotations

from typing import Any

from nephoscope.agent.host import Host, Unreadable
from nephoscope.agent.tables.processes import container_of

DOCKER = "/var/lib/docker/containers/%s/config.v2.json"
CONTAINERD = "/run/containerd/io.containerd.runtime.v2.task"
STORAGE = "/var/lib/containers/storage/overlay-containers/containers.json"  # podman and CRI-O
KUBERNETES = "io.kubernetes.cri."


def rows(host: Host) -> list[dict[str, Any]]:
    """One row per container."""
    running: dict[str, list[int]] = {}
    for name in host.names("/proc"):
        if name.isdigit():
            container = _container(host, name)
            if container:
                running.setdefault(container, []).append(int(name))
    return [
        dict({"id": container, "first_process": min(processes)}, **_told(host, container))
        for container, processes in sorted(running.items())
    ]


def _container(host: Host, pid: str) -> Any:
    try:
        return container_of(host.text("/proc/%s/cgroup" % pid, 1 << 16))
    except Unreadable as error:
        if error.absent:  # it ended
            return None
        raise


def _told(host: Host, container: str) -> dict[str, Any]:
    causes: list[str] = []
    for ask in (_docker, _containerd, _storage):
        try:
            told = ask(host, container)
        except Unreadable as error:
            if not error.absent:
                causes.append(str(error))
            continue
        if told:
            return told
    return {"runtime": None, "cause": "; ".join(causes) or "no runtime whose state is known here tells of it"}


def _docker(host: Host, container: str) -> dict[str, Any]:
    told = _mapping(host.json(DOCKER % container))
    settings = _mapping(told.get("Config"))
    limits = _mapping(_mapping(told.get("HostConfig")))
    return {
        "runtime": "docker",
        "name": str(told.get("Name", "")).lstrip("/"),
        "image": settings.get("Image"),
        "image_id": told.get("Image"),
        "is_privileged": limits.get("Privileged"),
    }


def _containerd(host: Host, container: str) -> dict[str, Any]:
    for space in host.names(CONTAINERD):
        try:
            told = _mapping(host.json("%s/%s/%s/config.json" % (CONTAINERD, space, container)))
        except Unreadable as error:
            if error.absent:
                continue
            raise
        notes = _mapping(told.get("annotations"))
        return {
            "runtime": "containerd",
            "namespace": space,
            "name": notes.get(KUBERNETES + "container-name", container[:12]),
            "image": notes.get(KUBERNETES + "image-name"),
            "pod": notes.get(KUBERNETES + "sandbox-name"),
            "pod_namespace": notes.get(KUBERNETES + "sandbox-namespace"),
        }
    return {}


def _storage(host: Host, container: str) -> dict[str, Any]:
    told = host.json(STORAGE, 32 << 20)
    for each in told if isinstance(told, list) else []:
        one = _mapping(each)
        if one.get("id") == container:
            names = one.get("names")
            name = names[0] if isinstance(names, list) and names else container[:12]
            return {"runtime": "containers-storage", "name": name, "image_id": one.get("image")}
    return {}


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
