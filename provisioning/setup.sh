#!/bin/sh
# Brings a Debian-like machine to where Weir can be built and run: Node, system packages, npm packages.
# Usage: provisioning/setup.sh run|test|bench|ap|deb|image    (called by `make run`, `make test`, `make deb`, …; running it again costs nothing)
# Where the packages of `ap` cannot be had it says so and goes on: test/ap/guest/run.ts then skips, loudly.
set -eu

want="${1:-run}"
cd "$(dirname "$0")/.."

fail() {
  printf 'weir: %s\n' "$*" >&2
  exit 1
}

check_node() {
  command -v node >/dev/null 2>&1 || fail 'Node.js is missing; nothing was built. Install Node 20.19 or newer (Debian 13: apt install nodejs npm), then run make again.'
  command -v npm >/dev/null 2>&1 || fail 'npm is missing; nothing was built. Install it (Debian: apt install npm), then run make again.'
  node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' ||
    fail "Node $(node --version) is too old; nothing was built. Weir needs Node 20.19 or newer."
}

# program:package pairs; a line a reason.
packages() {
  echo tcpdump:tcpdump          # capture engine
  echo ip:iproute2              # the testbed's network
  echo nft:nftables             # its NAT
  echo dnsmasq:dnsmasq-base     # its DHCP and DNS
  echo mosquitto:mosquitto      # broker
  echo ethtool:ethtool          # its frames as short as a radio's
  echo ps:procps                # pm2 looks at processes
  echo g++:g++                  # cap is compiled at installation
  echo make:make
  echo python3:python3
  echo pcap-config:libpcap-dev
  if [ "$want" = test ]; then
    echo tshark:tshark          # second opinion on counts
    echo ent:ent                # second opinion on entropy
    echo minisign:minisign      # second opinion on signatures
    echo mosquitto_sub:mosquitto-clients # second opinion on what the broker holds
    echo ffmpeg:ffmpeg          # real encoders for the verdict's labelled set
    echo xz:xz-utils            # likewise
    echo chromium:chromium      # the page is opened and looked at
    echo strace:strace          # injects faults
    echo faketime:faketime      # turns clocks
    echo gcc:gcc
  fi
  if [ "$want" = bench ]; then
    echo tshark:tshark          # what the analysis is compared with
    echo ndpiReader:libndpi-bin
    echo scapy:python3-scapy
    echo gcc:gcc
    echo strace:strace          # capture is measured with the fault tests' stage
  fi
  if [ "$want" = ap ]; then
    echo qemu-system-x86_64:qemu-system-x86 # the virtual machine
    echo hostapd:hostapd
    echo wpa_supplicant:wpasupplicant       # stations
    echo iw:iw
    echo rfkill:rfkill
    echo nmap:nmap                          # what the scanner's unit runs
    echo mosquitto_pub:mosquitto-clients
    echo apparmor_parser:apparmor           # Debian's profile of tcpdump, as on an installed machine
    echo busybox:busybox-static             # first program of the machine, and what a station runs
    echo modprobe:kmod
    echo xz:xz-utils
    echo tshark:tshark                      # counts
    [ -e /lib/firmware/regulatory.db ] || echo regulatory.db:wireless-regdb # no country works without it
  fi
  if [ "$want" = image ]; then
    echo mmdebstrap:mmdebstrap                          # Debian's root
    echo arch-test:arch-test                            # which it asks for
    echo qemu-aarch64-static:qemu-user-static           # runs its maintainer scripts
    echo genimage:genimage                              # the card
    echo mke2fs:e2fsprogs
    echo mkfs.vfat:dosfstools
    echo mcopy:mtools
    echo zstd:zstd
    echo sfdisk:fdisk                                   # its tests look where its partitions are
    echo qemu-system-aarch64:qemu-system-arm            # boots it
  fi
  if [ "$want" = deb ] || [ "$want" = image ]; then
    echo dpkg-deb:dpkg                                  # packs
    echo aarch64-linux-gnu-g++:g++-aarch64-linux-gnu    # cap for the Pi
    echo x86_64-linux-gnu-g++:g++-x86-64-linux-gnu
    echo lintian:lintian                                # second opinion on the package
    echo mmdebstrap:mmdebstrap                          # the clean Debian that it is tried on
    echo gcc:gcc                                        # runs it under its units' limits
    [ -e /usr/include/seccomp.h ] || echo seccomp.h:libseccomp-dev
    echo ip:iproute2
  fi
}

missing() {
  packages | while IFS=: read -r program package; do
    PATH="$PATH:/usr/sbin:/sbin" command -v "$program" >/dev/null 2>&1 || echo "$package"
  done | sort -u | tr '\n' ' '
}

# Only `ap` can do without: its tests then say themselves what is missing, and that nothing was tested.
without() {
  [ "$want" = ap ] || fail "$*"
  printf 'weir: %s\n' "$*" >&2
}

agreed() {
  [ "${CI:-}" = true ] && return 0
  [ -t 0 ] || return 0
  printf 'weir: these Debian packages are missing: %s\nInstall them now? [Y/n] ' "$1"
  read -r answer
  case "$answer" in n* | N*) return 1 ;; *) return 0 ;; esac
}

install_packages() {
  list="$(missing)"
  [ -z "$list" ] && return 0
  command -v apt-get >/dev/null 2>&1 || {
    without "missing programs; nothing was built. Install what your system calls: $list"
    return 0
  }
  root=''
  if [ "$(id -u)" -ne 0 ]; then
    if sudo -n true 2>/dev/null || [ -t 0 ]; then root=sudo; else
      without "missing packages; nothing was built. As root: apt-get install $list"
      return 0
    fi
  fi
  agreed "$list" || {
    without "nothing was built. As root: apt-get install $list"
    return 0
  }
  echo "weir: installing $list"
  # shellcheck disable=SC2086
  { $root apt-get update -qq && DEBIAN_FRONTEND=noninteractive $root apt-get install -y -qq --no-install-recommends $list; } >/tmp/weir-apt.$$ 2>&1 ||
    { tail -n 20 /tmp/weir-apt.$$ >&2; rm -f /tmp/weir-apt.$$; [ "$want" != ap ] || return 0; fail "apt-get could not install $list (see above); nothing was built."; }
  rm -f /tmp/weir-apt.$$
}

install_modules() {
  [ -n "$(find node_modules/.package-lock.json -newer package-lock.json 2>/dev/null)" ] && return 0
  echo 'weir: npm ci'
  npm ci --no-fund --no-audit --loglevel=error
  touch node_modules/.package-lock.json
}

check_node
install_packages
install_modules
