#!/bin/sh
# Makes the card image for Pi 3 and Pi 4: Debian 13 arm64 with Weir's package, in dist/image/. Called by `make image`; needs root
# and Debian's mirror, no loop device. The root without Weir is kept outside the tree and made once: that takes most of the time.
set -eu
cd "$(dirname "$0")"
HERE="$PWD"
ROOT="$(cd ../.. && pwd)"
CACHE="${WEIR_IMAGE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/weir-image}"
SUITE=trixie
# Empty: the mirrors that mmdebstrap knows for the suite, security updates included.
MIRROR="${WEIR_MIRROR:-}"
BOOT_MIB=256
# With boot and evidence below 2 GiB; a third is free for upgrades.
SYSTEM_MIB=1440
DATA_MIB=256

fail() {
  printf 'weir: %s\n' "$*" >&2
  exit 1
}

check_machine() {
  [ "$(id -u)" -eq 0 ] || fail 'making the image needs root (foreign programs run in a chroot); nothing was made. sudo make image'
  for program in mmdebstrap genimage mke2fs mcopy mkfs.vfat zstd arch-test qemu-aarch64-static; do
    command -v "$program" >/dev/null || fail "$program is missing; nothing was made. provisioning/setup.sh image installs what is needed."
  done
}

# The kernel hands arm64 programs to QEMU; the flag F keeps it working inside a chroot.
teach_arm64() {
  [ "$(uname -m)" = aarch64 ] && return 0
  arch-test arm64 >/dev/null 2>&1 && return 0
  registry=/proc/sys/fs/binfmt_misc
  [ -e "$registry/register" ] || mount -t binfmt_misc binfmt_misc "$registry"
  cat /usr/lib/binfmt.d/qemu-aarch64.conf >"$registry/register"
  arch-test arm64 >/dev/null || fail 'this kernel runs no arm64 programs (binfmt_misc); nothing was made.'
}

find_package() {
  package="$(find "$ROOT/dist/deb" -name 'weir_*_arm64.deb' -printf '%T@ %p\n' 2>/dev/null | sort -n | tail -n 1 | cut -d ' ' -f 2)"
  [ -n "$package" ] || fail 'there is no arm64 package in dist/deb; nothing was made. make deb ARCH=arm64'
}

package_list() { sed -n 's/^\([a-z0-9][a-z0-9.+-]*\).*/\1/p' packages | paste -sd, -; }

# Everything that the root depends on is in its name, so that a change makes a new one.
make_base() {
  key="$(cat packages initramfs-hook | { cat; echo "$SUITE"; } | sha256sum | cut -c 1-16)"
  base="$CACHE/root-$SUITE-$key.tar"
  [ -e "$base" ] && return 0
  echo "weir: making the Debian root once, in $CACHE (minutes: it runs under emulation) …"
  mkdir -p "$CACHE"
  mmdebstrap --quiet --variant=minbase --architectures=arm64 --components=main,non-free-firmware --include="$(package_list)" \
    --aptopt='Apt::Install-Recommends "false"' --aptopt='Acquire::Languages "none"' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --setup-hook="mkdir -p \"\$1/etc/initramfs-tools/conf.d\" \"\$1/etc/initramfs-tools/hooks\"" \
    --setup-hook="echo MODULES=list >\"\$1/etc/initramfs-tools/conf.d/weir\"" \
    --setup-hook="install -m 0755 '$HERE/initramfs-hook' \"\$1/etc/initramfs-tools/hooks/weir\"" \
    "$SUITE" "$CACHE/new.tar" ${MIRROR:+"$MIRROR"}
  mv "$CACHE/new.tar" "$base"
}

unpack_base() {
  work="$(mktemp -d "${TMPDIR:-/var/tmp}/weir-image.XXXXXX")"
  trap 'rm -rf "$work"' EXIT
  mkdir "$work/root" "$work/empty" "$work/boot"
  tar --numeric-owner -xpf "$base" -C "$work/root"
}

# A command in the root; its /proc goes with it, whatever happens.
in_root() {
  # shellcheck disable=SC2016
  unshare --mount --fork sh -c 'mount -t proc proc "$0/proc" && exec chroot "$0" "$@"' "$work/root" "$@"
}

install_weir() {
  cp "$package" "$work/root/weir.deb"
  in_root dpkg --force-unsafe-io --install /weir.deb >"$work/dpkg.log" 2>&1 || {
    tail -n 20 "$work/dpkg.log" >&2
    fail 'the package could not be installed in the root (see above); nothing was made.'
  }
  rm "$work/root/weir.deb"
}

place_files() {
  tar -C files --owner=0 --group=0 --mode=go-w -cf - . | tar -C "$work/root" -xpf - --no-same-owner --no-overwrite-dir
  cp ../boot/weir.yaml "$work/root/boot/firmware/weir.yaml"
  # Open to the cable as long as nobody says otherwise; the Wi-Fi never reaches it.
  printf 'http:\n  host: 0.0.0.0\n' >"$work/root/etc/weir/weir.yaml"
  sed -i 's|root=[^ ]*|root=LABEL=weir-system|; s|console=tty0|console=ttyS1,115200 console=tty0|' "$work/root/boot/firmware/cmdline.txt"
  printf 'ROOTPART=LABEL=weir-system\nCONSOLES="ttyS1,115200 tty0"\n' >>"$work/root/etc/default/raspi-firmware"
  for unit in weir-image-name weir-image-grow weir-image-resize weir-selftest-radio weir-selftest systemd-networkd systemd-resolved; do
    in_root systemctl --quiet enable "$unit.service"
  done
  # Only the self-test starts a station, and nobody waits for a network.
  in_root systemctl --quiet mask wpa_supplicant.service systemd-networkd-wait-online.service
}

# What makes one machine differ from the next is made at its first boot, never here.
forget_identity() {
  cd "$work/root"
  : >etc/machine-id
  rm -f var/lib/dbus/machine-id etc/ssh/ssh_host_* var/lib/systemd/random-seed var/lib/systemd/credential.secret
  rm -f etc/weir/ap.passphrase etc/weir/weir-access.txt etc/resolv.conf
  rm -rf var/lib/weir/key/* var/lib/weir/access/* var/lib/weir/appliance.json var/log/*.log var/log/apt/* var/cache/apt/*.bin tmp/* run/*
  ln -s ../run/systemd/resolve/stub-resolv.conf etc/resolv.conf
  date --utc '+%Y-%m-%d %H:%M:%S' >etc/fake-hwclock.data
  cd "$HERE"
}

make_file_systems() {
  input="$work/input"
  mkdir "$input" "$work/data"
  mv "$work/root/boot/firmware" "$work/fat"
  mkdir "$work/root/boot/firmware"
  cp -a "$work/root/var/lib/weir/." "$work/data/"
  find "$work/root/var/lib/weir" -mindepth 1 -delete
  truncate -s "${BOOT_MIB}M" "$input/boot.vfat"
  mkfs.vfat -n WEIR-BOOT "$input/boot.vfat" >/dev/null
  mcopy -s -i "$input/boot.vfat" "$work/fat/"* ::
  mke2fs -q -t ext4 -L weir-system -m 1 -d "$work/root" "$input/system.ext4" "${SYSTEM_MIB}M"
  # Blocks as on a large file system, and room in its tables to grow to 512 GiB.
  mke2fs -q -t ext4 -b 4096 -J size=16 -E resize=134217728 -L weir-data -d "$work/data" "$input/data.ext4" "${DATA_MIB}M"
  # Who owns the top folder is in the package's tmpfiles, which run at each boot.
}

put_together() {
  version="$(dpkg-deb --field "$package" Version)"
  output="$ROOT/dist/image"
  name="weir_${version}_pi3-pi4.img"
  mkdir -p "$output"
  rm -f "$output"/weir_*_pi3-pi4.img*
  genimage --loglevel 1 --rootpath "$work/empty" --tmppath "$work/tmp" --inputpath "$input" --outputpath "$work/out" --config layout.cfg
  mv "$work/out/card.img" "$output/$name"
  zstd --quiet --threads=0 -9 "$output/$name" -o "$output/$name.zst"
  (cd "$output" && sha256sum "$name.zst" >"$name.zst.sha256")
  cp "$work/fat"/vmlinuz-* "$output/kernel"
  cp "$work/fat"/initrd.img-* "$output/initrd"
  cp "$work/fat/bcm2837-rpi-3-b.dtb" "$output/pi3.dtb"
  ls -s --block-size=M "$output"
}

started="$(date +%s)"
for step in check_machine teach_arm64 find_package make_base unpack_base install_weir place_files forget_identity make_file_systems put_together; do
  before="$(date +%s)"
  "$step"
  echo "weir: $step took $(($(date +%s) - before)) s"
done
echo "weir: the image is dist/image/$name.zst, made in $(($(date +%s) - started)) s"
