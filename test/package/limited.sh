#!/bin/sh
# limited.sh ROOT LIMITS PROGRAM…: the file system as a hardened unit sees it, then the program as the unit's user. Started by
# limited.ts as first process of new mount and process namespaces; what the unit says comes as LIMIT_… in the environment.
set -eu
root="$1"
limits="$2"
shift 2

mount --make-rprivate /
# RuntimeDirectory=, owned by the unit's user.
uid="$(chroot "$root" id -u "$LIMIT_USER")"
gid="$(chroot "$root" getent group "$LIMIT_GROUP" | cut -d: -f3)"
for name in $LIMIT_RUNTIME; do install -d -m 0755 -o "$uid" -g "$gid" "$root/run/$name"; done
# ProtectSystem=strict: all is read-only but these.
mount --bind "$root" "$root"
for path in $LIMIT_WRITABLE /srv/limits; do mount --bind "$root$path" "$root$path"; done
mount -o remount,bind,ro "$root"
# PrivateTmp, ProtectHome, ProtectProc, ProtectKernelTunables, PrivateDevices.
for path in tmp var/tmp; do mount -t tmpfs -o mode=1777 tmpfs "$root/$path"; done
for path in root home; do mount -t tmpfs -o mode=000,ro tmpfs "$root/$path"; done
mount -t proc -o "$LIMIT_PROC" proc "$root/proc"
if [ -d "$root/proc/sys" ]; then mount --bind "$root/proc/sys" "$root/proc/sys" && mount -o remount,bind,ro "$root/proc/sys"; fi
mount -t sysfs -o ro sysfs "$root/sys"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for device in null:3 zero:5 full:7 random:8 urandom:9; do
  mknod -m 666 "$root/dev/${device%:*}" c 1 "${device#*:}"
done
mkdir -m 1777 "$root/dev/shm"

umask "$LIMIT_UMASK"
clear='-all'
keep=''
for name in $LIMIT_CAPABILITIES; do keep="$keep,+$name"; done
user="$LIMIT_USER"
folder="$LIMIT_FOLDER"
for name in $(env | sed -n 's/^\(LIMIT_[A-Z]*\)=.*/\1/p'); do unset "$name"; done
# The root is the unit's / from here on; the last three replace themselves, so that the program is the first process.
# shellcheck disable=SC2016
exec chroot "$root" sh -c 'cd "$0" && exec "$@"' "$folder" \
  setpriv --reuid "$uid" --regid "$gid" --init-groups --bounding-set "$clear$keep" --inh-caps "$clear$keep" \
  --ambient-caps "$clear$keep" --no-new-privs env HOME=/ USER="$user" /srv/limits/limit "$limits" "$@"
