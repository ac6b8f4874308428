"""The script that installs the agent, and the systemd unit that holds it down."""

from __future__ import annotations

from string import Template

UNIT = """\
[Unit]
Description=Nephoscope agent
Documentation=man:systemd.exec(5)
Wants=network-online.target
After=network-online.target

[Service]
ExecStart=/usr/local/sbin/nephoscope-agent run
Restart=always
RestartSec=15
RestartPreventExitStatus=78
StateDirectory=nephoscope-agent
StateDirectoryMode=0700
UMask=0077
Nice=19
IOSchedulingClass=idle
MemoryHigh=64M
MemoryMax=96M
CPUQuota=10%
TasksMax=16
NoNewPrivileges=yes
CapabilityBoundingSet=CAP_DAC_READ_SEARCH CAP_SYS_PTRACE
AmbientCapabilities=
ProtectSystem=strict
ProtectHome=read-only
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelTunables=yes
PrivateTmp=yes
DevicePolicy=closed
LockPersonality=yes
MemoryDenyWriteExecute=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service

[Install]
WantedBy=multi-user.target
"""

SCRIPT = Template(r"""#!/bin/sh
# Installs the Nephoscope agent $version; running it again changes nothing that is in place.
#
#   install.sh --from FILE|URL [--server URL --token-file FILE]   install, and enrol if a token is given
#   install.sh --check        whether it is installed as this script would, and well
#   install.sh --rollback     take back the version before
#   install.sh --uninstall    tell the gateway, and remove all of it
#   --root DIR                install below DIR (an image): nothing is started or enrolled
set -eu

SHA256=$sha256
VERSION=$version
ROOT=
FROM=
SERVER=
TOKEN_FILE=
DO=install

die() { echo "nephoscope-agent: $$*" >&2; exit 1; }

while [ $$# -gt 0 ]; do
  case $$1 in
    --check|--uninstall|--rollback) DO=$${1#--} ;;
    --from|--server|--token-file|--root)
      [ $$# -gt 1 ] || die "$$1 needs a value"
      case $$1 in
        --from) FROM=$$2 ;;
        --server) SERVER=$$2 ;;
        --token-file) TOKEN_FILE=$$2 ;;
        --root) ROOT=$${2%/} ;;
      esac
      shift ;;
    *) die "unknown option $$1" ;;
  esac
  shift
done

LIB=$$ROOT/usr/local/lib/nephoscope-agent
PYZ=$$LIB/nephoscope-agent.pyz
OLD=$$LIB/nephoscope-agent.pyz.previous
BIN=$$ROOT/usr/local/sbin/nephoscope-agent
UNIT=$$ROOT/etc/systemd/system/nephoscope-agent.service
STATE=$$ROOT/var/lib/nephoscope-agent

[ -n "$$ROOT" ] || [ "$$(id -u)" = 0 ] || die "must be run as root"

digest() { sha256sum "$$1" | cut -d ' ' -f 1; }

has_systemd() { [ -z "$$ROOT" ] && [ -d /run/systemd/system ]; }

find_python() {
  for each in python3 python3.14 python3.13 python3.12 python3.11 python3.10 python3.9 python3.8; do
    found=$$(command -v "$$each") || continue
    if "$$found" -SEs -c 'import sys, sqlite3, ssl; sys.exit(sys.version_info < (3, 8))' 2>/dev/null; then
      echo "$$found"
      return
    fi
  done
  die "needs Python 3.8 or later, with sqlite3 and ssl"
}

unit() {
  cat <<'END_OF_UNIT'
$unit
END_OF_UNIT
}

program() { printf '#!/bin/sh\nexec %s -SEs /usr/local/lib/nephoscope-agent/nephoscope-agent.pyz "$$@"\n' "$$1"; }

put() { # the new content from standard input, whole or not at all; says whether anything changed
  cat > "$$1.new"
  chmod "$$2" "$$1.new"
  if [ -f "$$1" ] && cmp -s "$$1" "$$1.new"; then
    rm "$$1.new"
    return 1
  fi
  mv "$$1.new" "$$1"
}

fetch() {
  case $$FROM in
    https://*)
      if command -v curl >/dev/null; then
        curl -fsS --proto '=https' --max-time 300 -o "$$1" "$$FROM"
      else
        wget -q --https-only -T 300 -O "$$1" "$$FROM"
      fi ;;
    '') die "needs --from FILE or https://…" ;;
    *://*) die "$$FROM: only https:// or a file" ;;
    *) cp "$$FROM" "$$1" ;;
  esac
}

install_program() {
  if [ -f "$$PYZ" ] && [ "$$(digest "$$PYZ")" = "$$SHA256" ]; then
    return 1
  fi
  trap 'rm -f "$$PYZ.new"' EXIT
  fetch "$$PYZ.new"
  [ "$$(digest "$$PYZ.new")" = "$$SHA256" ] || die "$$FROM is not what this script is for: its SHA-256 differs"
  chmod 0755 "$$PYZ.new"
  if [ -f "$$PYZ" ]; then cp -p "$$PYZ" "$$OLD"; fi
  mv "$$PYZ.new" "$$PYZ"
  trap - EXIT
}

restart() {
  if has_systemd; then
    systemctl daemon-reload
    systemctl enable --quiet nephoscope-agent.service
    if [ -f "$$STATE/identity.json" ]; then systemctl restart nephoscope-agent.service; fi
  fi
}

do_install() {
  python=$$(find_python)
  umask 022
  mkdir -p "$$LIB" "$$(dirname "$$BIN")" "$$(dirname "$$UNIT")"
  changed=no
  install_program && changed=yes
  program "$$python" | put "$$BIN" 0755 && changed=yes
  unit | put "$$UNIT" 0644 && changed=yes
  (umask 077; mkdir -p "$$STATE")
  chmod 0700 "$$STATE"
  if [ -z "$$ROOT" ] && [ -n "$$TOKEN_FILE" ]; then
    [ -n "$$SERVER" ] || die "--token-file needs --server"
    if [ ! -f "$$STATE/identity.json" ]; then
      "$$BIN" enrol --server "$$SERVER" --token-file "$$TOKEN_FILE"
      changed=yes
    fi
  fi
  if [ $$changed = yes ]; then restart; fi
  echo "nephoscope-agent $$VERSION is installed (changed: $$changed)"
}

do_check() {
  [ -f "$$PYZ" ] || die "is not installed"
  [ "$$(digest "$$PYZ")" = "$$SHA256" ] || die "another version, or a changed file, is installed"
  unit | cmp -s - "$$UNIT" || die "$$UNIT was changed"
  if [ -z "$$ROOT" ]; then
    if has_systemd; then systemctl is-active --quiet nephoscope-agent.service || die "does not run"; fi
    "$$BIN" check
  fi
  echo "nephoscope-agent $$VERSION is in place"
}

do_rollback() {
  [ -f "$$OLD" ] || die "there is no version before"
  mv "$$OLD" "$$PYZ"
  restart
  echo "nephoscope-agent: the version before is back ($$(digest "$$PYZ"))"
}

do_uninstall() {
  if [ -z "$$ROOT" ] && [ -f "$$STATE/identity.json" ] && [ -x "$$BIN" ]; then
    "$$BIN" leave || echo "nephoscope-agent: the gateway could not be told; it will see silence" >&2
  fi
  if has_systemd && [ -f "$$UNIT" ]; then systemctl disable --quiet --now nephoscope-agent.service; fi
  rm -f "$$PYZ" "$$OLD" "$$BIN" "$$UNIT"
  rm -rf "$$STATE"
  if [ -d "$$LIB" ]; then rmdir "$$LIB"; fi
  if has_systemd; then systemctl daemon-reload; fi
  echo "nephoscope-agent is removed"
}

"do_$$DO"
""")


def script(version: str, sha256: str) -> str:
    """The script for one version of the agent, known by its digest."""
    return SCRIPT.substitute(version=version, sha256=sha256, unit=UNIT.rstrip("\n"))
