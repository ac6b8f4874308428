"""The agent: resident memory idle and while collecting, CPU share over a bounded time (2 minutes; `--minutes 60`).

A real process of the built file runs a policy such as a gateway gives (heartbeat each minute, tables from one to thirty
minutes, all checks each half hour, three logs, folders of files each quarter of an hour) against a gateway on
loopback, while ten lines a second are written to one of the logs, over TLS. Idle is the median of what it holds, read
each second from /proc; collecting is the highest that it and the processes it starts ever held together.
"""

from __future__ import annotations

import argparse
import os
import ssl
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from bench.figure import Figure

TICKS = os.sysconf("SC_CLK_TCK")
MINUTES = 2
LINES_PER_S = 10
FILES = ("/boot", "/etc", "/usr/bin", "/usr/lib/systemd", "/usr/local", "/usr/sbin")
TABLES = {
    "processes": 60,
    "listening_ports": 60,
    "os": 300,
    "users": 300,
    "groups": 300,
    "authorized_keys": 300,
    "cron": 300,
    "units": 900,
    "kernel_modules": 300,
    "mounts": 300,
    "interfaces": 300,
    "containers": 60,
    "sudoers": 300,
    "setuid": 1800,
}


def figures(minutes=MINUTES):
    """One run."""
    from tests.agent.gateway import TOKEN, Gateway

    from nephoscope.cli._agent_build import archive

    gateway = Gateway()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "agent.pyz").write_bytes(archive())
        (folder / "token").write_text(TOKEN)
        _over_tls(gateway, folder)
        logs = [folder / f"{each}.log" for each in ("app", "auth", "quiet")]
        for log in logs:
            log.write_text("")
        gateway.wanted = {
            "tables": TABLES,
            "logs": [{"path": str(log), "kind": "lines"} for log in logs],
            "files": [{"path": path, "fast_s": 900, "full_s": 86_400} for path in FILES],
            "checks": {"names": ["all"], "seconds": 1800},
        }
        command = [sys.executable, "-SEs", str(folder / "agent.pyz"), "--state", str(folder / "state")]
        joined = ["enrol", "--server", gateway.url, "--token-file", str(folder / "token"), "--no-cloud"]
        trusted = os.environ | {"SSL_CERT_FILE": str(folder / "trusted.pem")}
        subprocess.run([*command, *joined], check=True, stdout=subprocess.DEVNULL, env=trusted)
        process = subprocess.Popen([*command, "run"], env=trusted)
        try:
            found = _watch(process.pid, minutes * 60, logs[0])
        finally:
            process.terminate()
            process.wait(20)
            gateway.close()
    sent = sum(len(record["lines"]) for record in gateway.of("log"))
    return [
        Figure("resident memory, idle (median)", found["idle_mb"], "MB", 30),
        Figure("resident memory, collecting (peak)", found["peak_mb"], "MB", 60),
        Figure(f"CPU over {minutes} minutes, the first collection included", found["cpu"] * 100, "% of a core", 0.5),
        Figure("… after the first minute", found["later"] * 100, "% of a core", 0.5),
        Figure("lines written and sent", sent, "lines"),
    ]


def _over_tls(gateway, folder):
    """Have the gateway speak TLS by a certificate that the agent trusts through SSL_CERT_FILE."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    certificate = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    plain = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    (folder / "gateway.pem").write_bytes(certificate + private)
    system = ssl.get_default_verify_paths().cafile
    (folder / "trusted.pem").write_bytes(certificate + (Path(system).read_bytes() if system else b""))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "gateway.pem")
    gateway.server.socket = context.wrap_socket(gateway.server.socket, server_side=True)
    gateway.url = f"https://localhost:{gateway.server.server_port}"


def _watch(pid, seconds, log):
    began = time.monotonic()
    memory, together, first_minute = [], 0, None
    with log.open("a") as file:
        while (passed := time.monotonic() - began) < seconds:
            file.write("".join(f"{time.time()} sshd[7]: a line such as servers write\n" for _ in range(LINES_PER_S)))
            file.flush()
            memory.append(_kilobytes(pid, "VmRSS") / 1024)
            together = max(together, memory[-1] + sum(_kilobytes(each, "VmRSS") for each in _children(pid)) / 1024)
            if first_minute is None and passed >= 60:
                first_minute = (passed, _cpu_s(pid))
            time.sleep(1)
    passed, spent = time.monotonic() - began, _cpu_s(pid)
    since, before = first_minute or (0, 0)
    return {
        "idle_mb": sorted(memory)[len(memory) // 2],
        "peak_mb": max(together, _kilobytes(pid, "VmHWM") / 1024),
        "cpu": spent / passed,
        "later": (spent - before) / (passed - since),
    }


def _children(pid):
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def _kilobytes(pid, key):
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:  # a child that has ended
        return 0
    for line in lines:
        if line.startswith(key + ":"):
            return int(line.split()[1])
    return 0


def _cpu_s(pid):
    """Of a process and the children that have ended, and of those that have not."""
    stats = [Path(f"/proc/{pid}/stat")] + [Path(f"/proc/{each}/stat") for each in _children(pid)]
    spent = 0
    for stat in stats:
        try:
            spent += sum(map(int, stat.read_text().rpartition(") ")[2].split()[11:15]))
        except OSError:  # it has ended since, and counts with its parent's
            continue
    return spent / TICKS


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=MINUTES)
    for each in figures(parser.parse_args().minutes):
        print(f"{each.what}: {each.measured:.3g} {each.unit} ({each.aim} {each.verdict})")
