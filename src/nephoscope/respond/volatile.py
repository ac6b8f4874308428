"""What is asked of a running Linux host before it is cut off, the most fleeting first: scripts with nothing filled in.

Each is POSIX shell, reads only, and falls back where a tool is absent. Its first line names it.
Source: RFC 3227, "Guidelines for Evidence Collection and Archiving", section 2.1
"""

from __future__ import annotations

import re

from nephoscope.model.errors import Refused

SCRIPTS = {
    "sockets": """\
date -u +%FT%TZ
ss -tunapeO || netstat -tunap || cat /proc/net/tcp /proc/net/tcp6 /proc/net/udp""",
    "network": """\
ip -s neigh || cat /proc/net/arp
ip addr; ip route show table all || cat /proc/net/route
cat /etc/resolv.conf /etc/hosts""",
    "processes": """\
ps -eo pid,ppid,user,lstart,stat,etimes,args ww --forest || ps aux
ls -l /proc/[0-9]*/exe | grep -E 'deleted|/tmp/|/dev/shm/|/var/tmp/'
true""",
    "users": """\
who -a; w; last -F -n 50; lastb -F -n 20
cat /etc/passwd""",
    "modules": """\
cat /proc/modules /proc/sys/kernel/tainted /proc/mounts
uname -a; uptime""",
    "scheduled": """\
for u in $(cut -d: -f1 /etc/passwd); do crontab -l -u "$u" | sed "s/^/$u: /"; done
cat /etc/crontab /etc/cron.d/* /etc/ld.so.preload
systemctl list-timers --all --no-pager
true""",
    "recent_files": """\
for d in /tmp /var/tmp /dev/shm /root /home /etc /usr/bin /usr/sbin /usr/local /opt; do
timeout 10 find "$d" -xdev -type f -mmin -1440 -printf '%TY-%Tm-%TdT%TT %10s %u %m %p\\n'
done | sort -r | head -n 300""",
}
TOOL = re.compile(r"/[A-Za-z0-9._/-]{1,200}")
PLACE = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/[A-Za-z0-9._/-]{0,200}")
NONE = ("", "none")


def commands(fact: str) -> list[str]:
    """The lines that give a fact."""
    return [f"# nephoscope: {fact}", *SCRIPTS[fact].splitlines()]


def memory_commands(tool: str, to: str, token: str) -> list[str]:
    """The lines that have the operator's tool capture memory: it is called with the place as its one argument.

    Raises Refused for a tool or place that could be taken for more than a path.
    """
    if not TOOL.fullmatch(tool) or ".." in tool:
        raise Refused(f"memory_tool is {tool!r:.200}, not the absolute path of a program on the instance")
    if not PLACE.fullmatch(to) or ".." in to:
        raise Refused(f"memory_to is {to!r:.200}, not a place in S3: s3://bucket/folder")
    return ["# nephoscope: memory", f"exec '{tool}' '{to.rstrip('/')}/{token}.lime'"]
