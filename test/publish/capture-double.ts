// A double of `weir capture` on its socket: answers with a status and remembers what it was asked.

import { mkdirSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { CaptureRequest, CaptureStatus } from '../../appliance/model/capture-status.ts';

const CLOCK = {
  boot: 1,
  boot_id: 'boot',
  monotonic_ns: '1',
  wall: '1795179600.000000000',
  synced: 'yes',
  source: 'test',
  max_error_seconds: 0.1,
} as const;

const STATUS: CaptureStatus = {
  schema: 'weir.capture/1',
  appliance: 'weir-test',
  version: '0.0.0',
  pid: 1,
  state: 'capturing',
  reason: '',
  engine: 'file',
  interface: 'br-test',
  phase: 'idle',
  interaction: 'none',
  phase_since: '1795179600.000000000',
  tags: [],
  started: '1795179600.000000000',
  clock: CLOCK,
  counters: {
    received: 10,
    dropped_kernel: 0,
    lost_pipe: null,
    captured: 10,
    written: 10,
    lost_queue: 0,
    lost_disk: 0,
    refused: 0,
    sourceless: 0,
    canaries: 0,
  },
  devices: [],
  gaps: [],
  ledger: { lines: 1, head_sha256: '0'.repeat(64) },
  storage: {
    bytes: 1,
    segments: 1,
    free_bytes: 1,
    budget_bytes: 1,
    forecast_seconds: null,
    written_bytes: 1,
    device_written_bytes: 1,
  },
};

export class CaptureDouble {
  readonly asked: CaptureRequest[] = [];
  status: CaptureStatus = STATUS;
  /** As after a kill: every connection is closed without an answer. */
  isDead = false;
  readonly #server: Server;

  constructor() {
    this.#server = createServer((socket) => {
      if (this.isDead) return void socket.destroy();
      socket.setEncoding('utf8');
      socket.on('error', () => undefined);
      socket.on('data', (line: string) => socket.write(`${JSON.stringify(this.#answer(JSON.parse(line)))}\n`));
    });
  }

  static async start(t: TestContext, dataDir: string): Promise<CaptureDouble> {
    const double = new CaptureDouble();
    mkdirSync(join(dataDir, 'run'), { recursive: true });
    await new Promise<void>((resolve) => double.#server.listen(join(dataDir, 'run', 'capture.sock'), resolve));
    t.after(() => double.#server.close());
    return double;
  }

  /** Of tags it knows those alone whose name begins with `open_`. */
  #answer(request: CaptureRequest & { id: number }): unknown {
    const { id, ...asked } = request;
    if (asked.verb !== 'status') this.asked.push(asked);
    if (asked.verb === 'phase') this.status = { ...this.status, phase: asked.phase, interaction: asked.interaction };
    if (asked.verb === 'tag-stop' && !asked.tag.startsWith('open_'))
      return { id, ok: false, code: 'REQUEST_INVALID', error: 'no such tag' };
    return { id, ok: true, data: asked.verb === 'status' ? this.status : {} };
  }
}
