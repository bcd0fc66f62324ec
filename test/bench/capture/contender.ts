// Who is measured: the whole capture process with an engine, or plain `tcpdump -w`. Each records the same wire into memory.

import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { CaptureProcess } from '../../fault/capture-process.ts';
import { linesOf, readLedgerBook } from '../../fault/ledger-book.ts';
import { walkPcap } from '../../fault/pcap-walk.ts';
import { CAPTURE_END, putFirst, type Stage } from '../../fault/stage.ts';

/** Kernel ring of every contender, so that nobody wins by buffer. */
const RING_KIB = 32 * 1024;

export interface Contender {
  readonly name: string;
  start(stage: Stage): Promise<Recording>;
}

export interface Recording {
  /** Processes whose CPU time counts. */
  pids(): number[];
  /** Ends it and counts the frames on disk. */
  finish(): Promise<number>;
}

export const plainTcpdump: Contender = {
  name: 'tcpdump -w',
  async start(stage) {
    const file = `${stage.root}/plain.pcap`;
    const options = ['-n', '-B', String(RING_KIB), '-s', '262144', '--time-stamp-precision=nano', '-Z', 'root'];
    const child = stage.spawn(['tcpdump', '-i', CAPTURE_END, ...options, '-w', file]);
    const exited = new Promise((resolve) => child.once('close', resolve));
    await new Promise((resolve) =>
      child.stderr?.on('data', (text: Buffer) => text.includes('listening') && resolve(0)),
    );
    return {
      pids: () => [child.pid ?? 0],
      async finish() {
        await sleep(1500); // its kernel block timeout is one second
        child.kill('SIGINT');
        await exited;
        const { records } = walkPcap(readFileSync(stage.outside(file)), () => undefined);
        stage.run('rm', '-f', file);
        return records;
      },
    };
  },
};

/** `weir capture` with an engine and otherwise default settings. */
export function weir(engine: 'tcpdump' | 'cap'): Contender {
  let round = 0;
  return {
    name: `weir (${engine})`,
    async start(stage) {
      const data = `${stage.root}/bench-${engine}-${round++}`;
      const capture = new CaptureProcess(stage, data, { capture: { engine, ring_kib: RING_KIB } });
      const { pid } = await capture.start();
      // The engine is a session of its own.
      for (const child of childrenOf(pid)) putFirst(child);
      return {
        pids: () => [pid, ...childrenOf(pid)],
        async finish() {
          await sleep(1500);
          await capture.stop();
          const packets = packetsBelow(stage.outside(data));
          stage.run('rm', '-rf', data);
          return packets;
        },
      };
    },
  };
}

/** Whole records in all final files. No frame goes between devices here, so that none is stored twice. */
function packetsBelow(data: string): number {
  return linesOf(readLedgerBook(`${data}/ledger.ndjson`), 'segment-closed')
    .map((line) => walkPcap(readFileSync(`${data}/captures/${line.path}`), () => undefined).records)
    .reduce((sum, records) => sum + records, 0);
}

function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );
}

/** CPU seconds of processes so far, user and system; their threads are included. */
export function cpuSeconds(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    return sum + (Number(fields[11]) + Number(fields[12])) / 100;
  }, 0);
}
