#!/bin/sh
# Installs Weir on Raspberry Pi OS Lite 64-bit from the boot partition. Started by cloud-init (user-data) or by the unit that
# firstrun.sh leaves. With Debian packages in the folder weir-packages next to it no Internet is needed; otherwise apt fetches what
# Weir depends on. The result is in weir-status.txt on the boot partition, which any computer can read.
set -u

BOOT="${WEIR_BOOT:-/boot/firmware}"
LOG="${WEIR_LOG:-/var/log/weir-install.log}"
# An uplink may take its time: 5 minutes.
TRIES="${WEIR_TRIES:-30}"
PAUSE=10

status() {
  printf '%s\n' "$@" >"$BOOT/weir-status.txt.new"
  sync "$BOOT/weir-status.txt.new"
  mv "$BOOT/weir-status.txt.new" "$BOOT/weir-status.txt"
}

give_up() {
  status 'Weir is NOT installed.' "$1" 'Last lines of the installation:' "$(tail -n 15 "$LOG" 2>/dev/null)"
  exit 1
}

newest_package() { find "$BOOT" -maxdepth 1 -name 'weir_*_arm64.deb' | sort -V | tail -n 1; }

install_offline() {
  dpkg --install "$BOOT"/weir-packages/*.deb "$1" >>"$LOG" 2>&1 ||
    give_up 'The packages in weir-packages do not fit together or to this system. Put those in that the lines below ask for, or connect the cable and remove the folder.'
}

reach_mirror() {
  try=0
  until apt-get update >>"$LOG" 2>&1; do
    try=$((try + 1))
    [ "$try" -ge "$TRIES" ] && give_up 'The servers of Debian could not be reached. Connect the cable to a network with Internet and start again, or put the packages into weir-packages.'
    sleep "$PAUSE"
  done
}

install_online() {
  reach_mirror
  DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "$1" chrony >>"$LOG" 2>&1 ||
    give_up 'apt could not install it (see below). Weir needs Raspberry Pi OS Lite 64-bit of Debian 13 (trixie).'
}

package="$(newest_package)"
[ -n "$package" ] || give_up 'There is no weir_*_arm64.deb on the boot partition. Copy it there and start again.'
status 'Weir is being installed; this takes some minutes.'
if [ -n "$(find "$BOOT/weir-packages" -name '*.deb' 2>/dev/null | head -n 1)" ]; then
  install_offline "$package"
else
  install_online "$package"
fi
# Its package started first boot, which has rewritten weir-status.txt; where it could not, this stays.
grep -q 'being installed' "$BOOT/weir-status.txt" && status 'Weir is installed. Start the Pi again.'
exit 0
