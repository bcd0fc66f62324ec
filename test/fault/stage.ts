// A private world for one fault test: own mounts, own network, everything gone when it closes or the test dies.
// Mounts are private so that no other process keeps a copy of one alive (a remount would then show the dead one).
// The test itself stays outside: it enters by nsenter and reads files through /proc/<pid>/root.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Of the two ends of the wire: the home speaks into `HOME_END`, capture listens at `CAPTURE_END`. */
export const HOME_END = 'wfhome';
export const CAPTURE_END = 'wfcap';
/**
 * Holds the world until its standard input ends, which it does however the test dies. Then anyone who is left in there is ended, and
 * file systems are unmounted from the innermost on. Without that order Linux 6.18 now and then kept a file system whose last user
 * died together with its namespace: the loop device stayed taken, with no process to release it.
 */
const HOLD_AND_CLEAR = `
trap '' INT TERM HUP
echo up
cat
world=$(readlink /proc/self/ns/mnt)
for attempt in 1 2 3 4 5 6 7 8 9 10; do
  left=
  for process in /proc/[0-9]*; do
    pid=\${process#/proc/}
    [ "$pid" != $$ ] && [ "$(readlink "$process/ns/mnt")" = "$world" ] && kill -9 "$pid" && left=yes
  done 2>/dev/null
  [ -z "$left" ] && break
  sleep 0.1
done
while read -r device folder rest; do echo "$folder"; done </proc/self/mounts | grep "^$1" | sort -r | while read -r folder; do
  for attempt in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    umount "$folder" 2>/dev/null && continue 2
    sleep 0.25
  done
  echo "$folder stays mounted: somebody holds it" >&2
done
rmdir "$1" 2>/dev/null
`;
const MEMORY_DISK_BYTES = 6 * 1024 * 1024 * 1024;

export class Stage {
  /** Folder in memory that only this stage sees; paths below it are valid inside. */
  readonly root: string;
  /** Everything started from now on goes before other work of the machine: for measurements. */
  urgent = false;
  /** Another network to start things in from now on (a path as /proc/PID/ns/net); its own until then. */
  network = '';
  readonly #holder: ChildProcess;
  readonly #ends = new Set<() => void>();

  private constructor(root: string, holder: ChildProcess) {
    this.root = root;
    this.#holder = holder;
  }

  /** Makes namespaces, a memory disk and the wire. Throws with what the failing command said. */
  static async open(): Promise<Stage> {
    const root = mkdtempSync(join(tmpdir(), 'weir-fault-'));
    const holder = spawn(
      'unshare',
      ['--mount', '--net', '--propagation', 'private', '--', 'sh', '-c', HOLD_AND_CLEAR, 'holder', root],
      // Of a session of its own: what ends the test by a signal to its group must leave the one who clears up.
      { stdio: ['pipe', 'pipe', 'inherit'], detached: true },
    );
    await new Promise<void>((resolve, reject) => {
      holder.stdout?.once('data', () => resolve());
      holder.once('exit', () => reject(new Error('no private namespaces: unshare failed')));
    });
    const stage = new Stage(root, holder);
    stage.run('mount', '-t', 'tmpfs', '-o', `size=${MEMORY_DISK_BYTES},mode=0755`, 'weir-fault', root);
    stage.layWire();
    return stage;
  }

  /** Lays the wire between home and capture; silent of itself: no IPv6, no ARP. */
  layWire(): void {
    this.run('sysctl', '-qw', 'net.ipv6.conf.all.disable_ipv6=1', 'net.ipv6.conf.default.disable_ipv6=1');
    this.run('ip', 'link', 'add', 'name', HOME_END, 'type', 'veth', 'peer', 'name', CAPTURE_END);
    for (const end of [HOME_END, CAPTURE_END]) {
      this.run('ip', 'link', 'set', end, 'arp', 'off', 'multicast', 'off', 'up');
    }
  }

  /** The same file as the test sees it. */
  outside(path: string): string {
    return `/proc/${this.#holder.pid}/root${path}`;
  }

  /** Runs a command inside and answers its standard output. Throws with its standard error. */
  run(...argv: string[]): string {
    const done = spawnSync('nsenter', this.#enter(argv), { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
    if (done.status !== 0) throw new Error(`${argv.join(' ')}: ${done.status ?? done.signal} ${done.stderr}`);
    return done.stdout;
  }

  /** Starts a command inside as leader of a process group of its own; it dies with the test. */
  spawn(argv: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
    const first = this.urgent ? ['nice', '-n', '-20'] : [];
    const child = spawn('nsenter', this.#enter([...first, 'setpriv', '--pdeathsig', 'KILL', '--', ...argv]), {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      env: { ...process.env, ...env },
    });
    const { pid } = child;
    if (pid === undefined) return child;
    if (this.urgent) putFirst(pid);
    // What it started (an engine, a traced process) ends with it: a survivor would keep mounts and loops.
    const end = () => signalGroup(pid, 'SIGKILL');
    this.#ends.add(end);
    child.once('exit', () => {
      end();
      this.#ends.delete(end);
    });
    return child;
  }

  /** Frames that reached the capture end of the wire so far, and those that the wire itself lost before it. */
  wire(): { delivered: number; lost: number } {
    return { delivered: this.#netDevice(CAPTURE_END).rx, lost: this.#netDevice(HOME_END).txDropped };
  }

  #netDevice(end: string): { rx: number; txDropped: number } {
    const shown: unknown = JSON.parse(this.run('ip', '-j', '-s', 'link', 'show', end));
    const [device] = shown as { stats64: { rx: { packets: number }; tx: { dropped: number } } }[];
    if (device === undefined) throw new Error(`no interface ${end}`);
    return { rx: device.stats64.rx.packets, txDropped: device.stats64.tx.dropped };
  }

  /** Ends all: the last process out takes namespaces, mounts and wire with it. */
  async close(): Promise<void> {
    for (const end of this.#ends) end();
    const gone = new Promise((resolve) => this.#holder.once('exit', resolve));
    this.#holder.stdin?.end();
    await gone;
    rmSync(this.root, { recursive: true, force: true });
  }

  #enter(argv: readonly string[]): string[] {
    const net = this.network === '' ? '--net' : `--net=${this.network}`;
    return ['--target', String(this.#holder.pid), '--mount', net, '--', ...argv];
  }
}

/**
 * Puts a session before others. Where the kernel groups by session (sched(7), autogroup), niceness counts only within one; where it
 * does not, the niceness of the process is all there is.
 */
export function putFirst(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/autogroup`, '-20');
  } catch {
    // no such groups
  }
}

/** Signals a process group; one that is gone already is no error. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // the group has ended by itself
  }
}
