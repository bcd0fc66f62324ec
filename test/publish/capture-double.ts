// A double of `weir capture` on its socket: answers with a status and remembers what it was asked.

import { mkdirSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { findPacket } from '../../appliance/capture/evidence/find-packet.ts';
import { packetBytes } from '../../appliance/decode/packet/packet-view.ts';
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
  readonly #captures: string;

  constructor(dataDir: string) {
    this.#captures = join(dataDir, 'captures');
    this.#server = createServer((socket) => {
      if (this.isDead) return void socket.destroy();
      socket.setEncoding('utf8');
      socket.on('error', () => undefined);
      socket.on('data', (line: string) => void this.#reply(JSON.parse(line), socket));
    });
  }

  static async start(t: TestContext, dataDir: string): Promise<CaptureDouble> {
    const double = new CaptureDouble(dataDir);
    mkdirSync(join(dataDir, 'run'), { recursive: true });
    await new Promise<void>((resolve) => double.#server.listen(join(dataDir, 'run', 'capture.sock'), resolve));
    t.after(() => double.#server.close());
    return double;
  }

  async #reply(request: CaptureRequest & { id: number }, socket: Socket): Promise<void> {
    const answer = request.verb === 'packet' ? await this.#packet(request) : this.#answer(request);
    socket.write(`${JSON.stringify(answer)}\n`);
  }

  /** From the file itself, whatever its hash is. */
  async #packet({ id, path, packet, reveal }: CaptureRequest & { id: number; verb: 'packet' }): Promise<unknown> {
    const { found, sha256 } = await findPacket(this.#captures, path, packet);
    if (found === undefined) return { id, ok: false, code: 'PACKET_UNKNOWN', error: 'no such packet' };
    return { id, ok: true, data: packetBytes(found, reveal, sha256) };
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
