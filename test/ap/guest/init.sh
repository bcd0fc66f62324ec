#!/bin/bash
# First program of the guest (test/ap/guest/run.ts): brings up what scenarios expect, runs them one after the other, powers off.
# The host's root is below a writable layer in memory: nothing that happens here reaches the host, except /mnt/out.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 NODE_ENV=test
exec </dev/null >/dev/console 2>&1

value() { sed -n "s/.*\bweir\.$1=\([^ ]*\).*/\1/p" /proc/cmdline; }

run_scenarios() {
  cd "$(value tree)" || echo 'not ok - guest: the tree is not there'
  for scenario in $(value scenarios | tr ',' ' '); do
    "$(value node)" dist/test/ap/guest/scenario.js "$scenario" || echo "not ok - $scenario: ended with $?"
  done
  echo '# guest ends'
  sync
  echo o >/proc/sysrq-trigger
  # Neither share answers any more, so no program can be started; the first one must not end.
  while :; do :; done
}

# systemd starts this file again with that word.
[ "${1:-}" = scenarios ] && run_scenarios

mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/netns /run/lock /dev/pts /dev/shm /mnt/out
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount -t debugfs debugfs /sys/kernel/debug
mount -t cgroup2 cgroup2 /sys/fs/cgroup 2>/dev/null
mkdir -p "/lib/modules/$(uname -r)"
mount --bind "$(value modules)/lib/modules/$(uname -r)" "/lib/modules/$(uname -r)"
mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144 out /mnt/out
# What the host has there is not the guest's; evidence of a scenario goes to memory.
rm -rf /etc/weir && mkdir -p /etc/weir
mkdir -p /var/lib/weir /var/lib/weir-ap && mount -t tmpfs tmpfs /var/lib/weir && mount -t tmpfs tmpfs /var/lib/weir-ap
echo 'nameserver 192.168.1.1' >/run/resolv.conf && mount --bind /run/resolv.conf /etc/resolv.conf
hostname weir-guest
ip link set lo up
# One by one, as the first rule set asks for them, they take over a minute here, which is more than `weir ap` waits for nft.
modprobe -aq nf_tables nft_ct nft_limit nft_masq nft_chain_nat nft_reject nft_reject_inet nft_objref bridge veth \
  nft_meta_bridge nft_reject_bridge nf_conntrack_bridge

if [ "$(value systemd)" != 1 ] || [ ! -x /lib/systemd/systemd ]; then run_scenarios; fi
# It starts the scenarios and what they ask for, and no other unit of the host: the whole of them takes minutes here.
mount -t tmpfs tmpfs /tmp
mount -t tmpfs tmpfs /var/tmp
mount -t tmpfs tmpfs /usr/lib/systemd/system-generators
mkdir -p /run/systemd/system
cat >/run/systemd/system/weir-scenarios.service <<EOF
[Unit]
DefaultDependencies=no
[Service]
ExecStart=/bin/bash $(value init) scenarios
Environment=PATH=$PATH HOME=/root LC_ALL=C.UTF-8 NODE_ENV=test
StandardOutput=tty
StandardError=tty
TTYPath=/dev/console
EOF
exec /lib/systemd/systemd --system --unit=weir-scenarios.service --show-status=no --log-target=null
