// One run of one program: wall time, processor time of all its threads, and the peak of its memory as the kernel counted it.

import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';

export interface Run {
  readonly seconds: number;
  /** User and system time of all threads, to a hundredth; what passes after the last look is not seen. */
  readonly cpuSeconds: number;
  readonly peakMegabytes: number;
}

/** Output is thrown away; processor time and the peak of memory are read from /proc while it runs. */
export async function run(command: readonly string[]): Promise<Run> {
  const [program = '', ...parameters] = command;
  const sink = openSync('/dev/null', 'w');
  const from = process.hrtime.bigint();
  const child = spawn(program, parameters, { stdio: ['ignore', sink, sink] });
  let peak = 0;
  let cpu = 0;
  const timer = setInterval(() => {
    peak = Math.max(peak, peakOf(child.pid ?? 0));
    cpu = Math.max(cpu, cpuOf(child.pid ?? 0));
  }, 10);
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', resolve);
  });
  const seconds = Number(process.hrtime.bigint() - from) / 1e9;
  clearInterval(timer);
  closeSync(sink);
  if (status !== 0) throw new Error(`${command.join(' ')} ended with ${status}`);
  return { seconds, cpuSeconds: cpu, peakMegabytes: peak };
}

function peakOf(pid: number): number {
  try {
    const line = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return Number(line?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

/** proc(5): fields 14 and 15 of stat, counted behind the name, which may hold anything; hundredths of a second. */
function cpuOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return 0;
  }
}
