"""The agent's command line: enrol, run, once, files, status, check, leave.

Exit codes: 0 well, 1 not well, 64 wrong usage, 75 try again later, 78 not before it is enrolled anew.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
import time
from typing import Any

from nephoscope.agent import VERSION, aws, benchmark, enrol, facts, identity, own_log, policy, spool
from nephoscope.agent.canonical import canonical
from nephoscope.agent.client import Client, Refused, Unreachable
from nephoscope.agent.host import Host, Unreadable
from nephoscope.agent.identity import Folder, StateError
from nephoscope.agent.run import Agent, Stopped, resident_kb

WELL, NOT_WELL, USAGE, LATER, ANEW = 0, 1, 64, 75, 78


def parser() -> argparse.ArgumentParser:
    """The options; HOST_ROOT and AGENT_TOKEN_FILE are read where a container sets them."""
    made = argparse.ArgumentParser(prog="nephoscope-agent", description="Watches this host for Nephoscope.")
    made.add_argument("--version", action="version", version=VERSION)
    made.add_argument("--state", default=identity.STATE, help="the agent's folder (0700)")
    made.add_argument("--root", default=os.environ.get("HOST_ROOT", "/"), help="where the host's / is mounted")
    commands = made.add_subparsers(dest="command", metavar="COMMAND")
    enrols = commands.add_parser("enrol", help="join a gateway by a token")
    enrols.add_argument("--server", required=True, metavar="URL")
    enrols.add_argument("--token-file", default=os.environ.get("AGENT_TOKEN_FILE"), metavar="FILE")
    enrols.add_argument("--again", action="store_true", help="although it is enrolled: with a new key")
    enrols.add_argument("--no-cloud", action="store_true", help="do not ask EC2's metadata service")
    commands.add_parser("run", help="watch until stopped")
    onces = commands.add_parser("once", help="print what would be sent, and send nothing")
    onces.add_argument("names", nargs="*", metavar="TABLE", help="only these tables, or `checks`; all without a name")
    files = commands.add_parser("files", help="look at trees of files once, as `run` does, and print what is told")
    files.add_argument("paths", nargs="+", metavar="PATH")
    files.add_argument("--share", type=float, default=1.0, help="of what is unchanged by its times, to read whole")
    files.add_argument("--kb-per-s", type=int, default=0, help="how fast to read; 0: as fast as can be")
    commands.add_parser("status", help="what this agent is and holds, as JSON")
    commands.add_parser("check", help="whether the agent is well: folder, key, policy, own log, gateway")
    commands.add_parser("leave", help="tell the gateway, and forget the identity")
    return made


def main(arguments: list[str] | None = None) -> int:
    """Run a command; answers its exit code."""
    made = parser()
    try:
        options = made.parse_args(arguments)
    except SystemExit as error:
        return USAGE if error.code else WELL
    command = {
        "enrol": _enrol,
        "run": _run,
        "once": _once,
        "files": _files,
        "status": _status,
        "check": _check,
        "leave": _leave,
    }.get(options.command)
    if command is None:
        made.print_help(sys.stderr)
        return USAGE
    try:
        return command(options)
    except Stopped as error:
        return _say(error, ANEW)
    except Unreachable as error:
        return _say(error, LATER)
    except (StateError, Refused, policy.PolicyError, spool.SpoolError, Unreadable, ValueError) as error:
        return _say(error, NOT_WELL)


def _say(error: Exception, code: int) -> int:
    print("nephoscope-agent: %s" % error, file=sys.stderr)
    return code


def _enrol(options: argparse.Namespace) -> int:
    if not options.token_file:
        print("nephoscope-agent: enrol needs --token-file, or AGENT_TOKEN_FILE", file=sys.stderr)
        return USAGE
    folder = Folder(options.state)
    if not options.again and not enrol.stopped(folder):
        try:
            held = identity.load(folder)
        except StateError:
            held = None
        if held is not None and held.server == options.server.rstrip("/"):
            print("is enrolled already as %s at %s" % (held.agent, held.server))
            return WELL
    token = enrol.read_token(options.token_file)
    metadata = None if options.no_cloud else aws.ADDRESS
    made, state = enrol.enrol(folder, Host(options.root), options.server, token, int(time.time()), metadata)
    print("%s as %s at %s" % (state, made.agent, made.server))
    return WELL


def _run(options: argparse.Namespace) -> int:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    Agent(Folder(options.state), Host(options.root)).run(stop)
    return WELL


def _once(options: argparse.Namespace) -> int:
    host = Host(options.root)
    known = facts.names()
    unknown = [name for name in options.names if name not in [*known, "checks"]]
    if unknown:
        print("there is no table %s; there are checks, %s" % (unknown[0], ", ".join(known)), file=sys.stderr)
        return USAGE
    now, unread = int(time.time()), 0
    for name in [name for name in options.names or known if name != "checks"]:
        try:
            print(facts.record(name, now, facts.collect(host, name), None))
        except Unreadable as error:
            unread += 1
            print(facts.unread(name, now, str(error)))
    if not options.names or "checks" in options.names:
        for each in benchmark.run(host, ["all"]):
            print(canonical(dict(each._asdict(), kind="check", at=now)))
    return NOT_WELL if unread else WELL


def _files(options: argparse.Namespace) -> int:
    from nephoscope.agent import files  # its memory is wanted by this command only

    return files.run(options.state, options.root.rstrip("/"), options.paths, options.share, options.kb_per_s)


def _status(options: argparse.Namespace) -> int:
    folder = Folder(options.state)
    held = identity.load(folder)
    queue = spool.Spool(folder.place("spool.db"))
    records, size = queue.size()
    told: dict[str, Any] = {
        "agent": held.agent,
        "server": held.server,
        "hostname": held.hostname,
        "version": VERSION,
        "python": "%d.%d.%d" % sys.version_info[:3],
        "enrolled": held.enrolled,
        "renewed": held.renewed,
        "policy_key": held.fingerprint,
        "policy": _held_policy(folder, held),
        "spool_records": records,
        "spool_bytes": size,
        "last_batch": queue.last()[0],
        "stopped": enrol.stopped(folder),
        "resident_kb": resident_kb(),
    }
    queue.close()
    print(json.dumps(told, indent=1))
    return NOT_WELL if told["stopped"] else WELL


def _held_policy(folder: Folder, held: identity.Identity) -> Any:
    """The policy that is held, or why it is not to be trusted."""
    try:
        envelope = json.loads(folder.read("policy.json"))
        found = policy.verified(envelope, policy.public_key(held.policy_key), held.agent, 0)
    except FileNotFoundError:
        return None
    except (ValueError, policy.PolicyError) as error:
        return {"cause": str(error)}
    return {"version": found.version, "etag": found.etag, "expires": found.expires}


def _check(options: argparse.Namespace) -> int:
    folder = Folder(options.state)
    held = identity.load(folder)
    wrong = [said for said in (enrol.stopped(folder), _policy_fault(folder, held)) if said]
    lines, broken = own_log.verify(folder.place("agent.log"))
    wrong += ["own log: %s" % broken] if broken else []
    try:
        Client(held.server, held.key, VERSION).get("/policy")
    except (Unreachable, Refused) as error:
        wrong.append("gateway: %s" % error)
    for said in wrong:
        print(said)
    if not wrong:
        print("well: enrolled as %s at %s, %d lines of own log in order" % (held.agent, held.server, lines))
    return NOT_WELL if wrong else WELL


def _policy_fault(folder: Folder, held: identity.Identity) -> str:
    found = _held_policy(folder, held)
    if found is None:
        return "no policy was taken yet"
    if "cause" in found:
        return "policy: %s" % found["cause"]
    return "the policy expired; it is still followed" if found["expires"] < time.time() else ""


def _leave(options: argparse.Namespace) -> int:
    folder = Folder(options.state)
    held = identity.load(folder)
    enrol.leave(folder, held, Client(held.server, held.key, VERSION))
    print("left %s" % held.server)
    return WELL


if __name__ == "__main__":
    sys.exit(main())
