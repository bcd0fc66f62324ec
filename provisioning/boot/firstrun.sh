#!/bin/sh
# The way without cloud-init, for cards written by an Imager before 2.0 that knows none. Copy it to the boot partition with
# weir-install.sh, weir.yaml and weir_*_arm64.deb, and add to the one line of cmdline.txt:
#   systemd.run=/boot/firmware/firstrun.sh systemd.run_success_action=reboot systemd.unit=kernel-command-line.target
# There is no network yet at that moment, so it only sees to it that the installation runs at the next start.
set -u

BOOT="${WEIR_BOOT:-/boot/firmware}"
UNITS="${WEIR_UNITS:-/etc/systemd/system}"

mkdir -p "$UNITS/multi-user.target.wants"
cat >"$UNITS/weir-install.service" <<UNIT
[Unit]
Description=Installs Weir from the boot partition
Wants=network-online.target
After=network-online.target
ConditionPathExists=!/usr/lib/weir/appliance/cli/main.js

[Service]
Type=oneshot
ExecStart=/bin/sh $BOOT/weir-install.sh

[Install]
WantedBy=multi-user.target
UNIT
ln -sf ../weir-install.service "$UNITS/multi-user.target.wants/weir-install.service"

# Only once: without these words the next start is an ordinary one.
sed -i 's| systemd\.run=[^ ]*||; s| systemd\.run_success_action=[^ ]*||; s| systemd\.unit=kernel-command-line\.target||' "$BOOT/cmdline.txt"
exit 0
