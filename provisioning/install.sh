#!/bin/sh
# Installs Weir on a Debian-like machine (Debian 13, Raspberry Pi OS of 2025-10 or newer, 64-bit), by apt and nothing else.
#   install.sh [FILE.deb|URL]   install, or upgrade to, that package; without one, the package next to this script
#   install.sh --check          look whether this machine can run Weir; changes nothing
#   install.sh --uninstall      remove the program; settings and captures stay
#   install.sh --purge          remove settings, index and users too; captures and scans with ledger and keys stay
set -eu

NEEDED_MIB=500

say() { printf 'weir: %s\n' "$*"; }
fail() {
  printf 'weir: %s\n' "$*" >&2
  exit 1
}

usage() { sed -n '2,6s/^# \{0,1\}//p' "$0"; }

need_root() { [ "$(id -u)" -eq 0 ] || fail "$1 needs root; nothing was changed. Run: sudo sh $0 $2"; }

# --- check: one line for each thing, exit 1 where one of them prevents it ---

problem=0
good() { printf 'ok    %s\n' "$*"; }
warn() { printf 'warn  %s\n' "$*"; }
bad() {
  printf 'fail  %s\n' "$*"
  problem=1
}

check_system() {
  if ! command -v apt-get >/dev/null 2>&1; then
    bad 'apt-get is missing: this is no Debian-like system'
    return 0
  fi
  architecture="$(dpkg --print-architecture)"
  case "$architecture" in
    arm64 | amd64) good "architecture $architecture" ;;
    *) bad "architecture $architecture: Weir needs a 64-bit system (on a Pi: Raspberry Pi OS Lite 64-bit)" ;;
  esac
}

check_node() {
  installed="$(dpkg-query -W -f '${Version}' nodejs 2>/dev/null || true)"
  offered="$(apt-cache policy nodejs 2>/dev/null | sed -n 's/^  Candidate: //p')"
  version="${installed:-$offered}"
  if [ -z "$version" ] || [ "$version" = '(none)' ]; then
    bad 'apt knows no nodejs: run apt-get update, or use Debian 13'
  elif dpkg --compare-versions "$version" ge 20.19; then
    good "nodejs $version"
  else
    bad "nodejs $version is too old: Weir needs 20.19; Debian 13 has it"
  fi
}

check_disk() {
  free="$(df -Pm /var/lib | awk 'NR == 2 { print $4 }')"
  if [ "$free" -ge "$NEEDED_MIB" ]; then good "$free MiB free below /var/lib"; else
    bad "only $free MiB free below /var/lib: $NEEDED_MIB are needed, and captures need more"
  fi
}

check_systemd() {
  if [ -d /run/systemd/system ]; then good 'systemd runs'; else
    warn 'no systemd runs here: Weir is installed, but nothing starts it'
  fi
}

check_radio() {
  if [ ! -d /sys/class/ieee80211 ] || [ -z "$(ls /sys/class/ieee80211 2>/dev/null)" ]; then
    warn 'no Wi-Fi radio: Weir can capture an existing bridge, but be no access point'
  elif command -v iw >/dev/null 2>&1 && ! iw list 2>/dev/null | grep -q '\* AP$'; then
    warn 'no radio here can be an access point'
  else
    good 'a Wi-Fi radio'
  fi
}

check_others() {
  for file in /etc/hostapd/hostapd.conf /etc/default/dnsmasq; do
    if [ -e "$file" ]; then warn "$file: another access point is set up here; weir ap cannot run at the same time"; fi
  done
}

check() {
  if command -v weir >/dev/null 2>&1; then
    say 'Weir is installed; asking weir doctor'
    exec weir doctor
  fi
  for step in check_system check_node check_disk check_systemd check_radio check_others; do "$step"; done
  exit "$problem"
}

# --- install and remove ---

fetch() {
  target="$(mktemp -d)/weir.deb"
  if command -v curl >/dev/null 2>&1; then curl -fsSL -o "$target" "$1" || fail "$1 cannot be fetched; nothing was changed."
  elif command -v wget >/dev/null 2>&1; then wget -q -O "$target" "$1" || fail "$1 cannot be fetched; nothing was changed."
  else fail 'neither curl nor wget is here; nothing was changed. Fetch the package yourself and name the file.'; fi
  echo "$target"
}

package_here() {
  # The newest, if there are several.
  find "$(dirname "$0")" -maxdepth 1 -name "weir_*_$(dpkg --print-architecture).deb" | sort -V | tail -n 1
}

choose_package() {
  case "${1:-}" in
    http://* | https://*) fetch "$1" ;;
    '') package_here ;;
    *) echo "$1" ;;
  esac
}

install_package() {
  need_root 'installing' "${1:-}"
  command -v apt-get >/dev/null 2>&1 || fail 'apt-get is missing; nothing was changed. Weir installs on Debian-like systems.'
  package="$(choose_package "${1:-}")"
  [ -n "$package" ] || fail "no weir_*_$(dpkg --print-architecture).deb next to this script; nothing was changed. Name the file or its URL."
  [ -f "$package" ] || fail "$package: no such file; nothing was changed."
  # apt takes a file only by a path with a slash.
  package="$(cd "$(dirname "$package")" && pwd)/$(basename "$package")"
  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$package" ||
    fail 'apt-get could not install it (see above). Run apt-get update and try again, or ask: install.sh --check'
  say "$(weir --version) is installed. Settings: /etc/weir/weir.yaml; captures: /var/lib/weir; what is wrong: weir doctor"
}

remove_package() {
  need_root 'removing' "--$1"
  DEBIAN_FRONTEND=noninteractive apt-get "$1" -y weir || fail 'apt-get could not remove it (see above).'
  say 'the program is removed; what was captured stays in /var/lib/weir'
}

case "${1:-}" in
  -h | --help) usage ;;
  --check) check ;;
  --uninstall) remove_package remove ;;
  --purge) remove_package purge ;;
  -*) fail "there is no option $1. $(usage)" ;;
  *) install_package "${1:-}" ;;
esac
