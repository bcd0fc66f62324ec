// Who runs here: names and words of the processes of this network, from /proc.

import type { ProcessFact } from '../facts.ts';
import type { Host } from '../host.ts';
import { type Look, seen, unseen } from '../look.ts';

/** Bounds the work of one look; processes beyond are not looked at. */
const MAX_PROCESSES = 4096;
/** Words of a command line that are kept. */
const MAX_WORDS = 64;

/** A process in another network namespace cannot hold our radio or ports; without root that is unknown, and all count. */
export async function collectProcesses(host: Host): Promise<Look<readonly ProcessFact[]>> {
  const pids = (await host.list('/proc')).filter((name) => /^\d+$/.test(name)).slice(0, MAX_PROCESSES);
  // hidepid, or ProtectProc=invisible in a unit: only our own processes are shown.
  if (!pids.includes('1')) return unseen('other processes are hidden from this one');
  const ours = await host.link('/proc/self/ns/net');
  const found: ProcessFact[] = [];
  for (const pid of pids) {
    const one = await readProcess(host, pid, ours);
    if (one !== undefined) found.push(one);
  }
  return seen(found);
}

async function readProcess(host: Host, pid: string, ours: string | undefined): Promise<ProcessFact | undefined> {
  const [name, line, network] = await Promise.all([
    host.read(`/proc/${pid}/comm`),
    host.read(`/proc/${pid}/cmdline`),
    host.link(`/proc/${pid}/ns/net`),
  ]);
  if (name === undefined || (network !== undefined && ours !== undefined && network !== ours)) return undefined;
  const args = (line ?? '').split('\0').slice(0, MAX_WORDS);
  return { pid: Number(pid), name: name.trim(), args: args.at(-1) === '' ? args.slice(0, -1) : args };
}
