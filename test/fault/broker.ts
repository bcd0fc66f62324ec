// A real broker in the world of a fault test, and an ear at it: what the appliance reports the outside of a fault.

import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { PATIENCE_MS } from './capture-process.ts';
import type { Stage } from './stage.ts';

const PORT = 1883;

/** The fields of the appliance's state topic (`weir.mqtt.state/1`) that a fault shows in. */
export interface ToldState {
  readonly capture: string;
  readonly capture_reason: string;
  readonly drops: number | null;
}

export class Broker {
  /** The configuration of an appliance that publishes here. */
  static readonly settings = { url: `mqtt://127.0.0.1:${PORT}` };
  readonly #states: ToldState[] = [];

  private constructor(stage: Stage) {
    const ear = stage.spawn(['mosquitto_sub', '-h', '127.0.0.1', '-p', String(PORT), '-q', '1', '-t', 'weir/+/state']);
    let text = '';
    ear.stdout?.on('data', (chunk: Buffer) => {
      const lines = (text + chunk.toString()).split('\n');
      text = lines.pop() ?? '';
      for (const line of lines) this.#states.push(JSON.parse(line) as ToldState);
    });
  }

  /** Both end with the stage. */
  static async open(stage: Stage): Promise<Broker> {
    stage.run('ip', 'link', 'set', 'lo', 'up');
    const config = `${stage.root}/mosquitto.conf`;
    writeFileSync(
      stage.outside(config),
      `listener ${PORT} 127.0.0.1\nallow_anonymous true\npersistence false\nuser root\n`,
    );
    stage.spawn(['mosquitto', '-c', config]);
    for (let attempt = 0; ; attempt++) {
      try {
        stage.run('mosquitto_pub', '-h', '127.0.0.1', '-p', String(PORT), '-t', 'test', '-n');
        return new Broker(stage);
      } catch (error) {
        if (attempt === 50) throw error;
        await sleep(100);
      }
    }
  }

  /** Waits until the newest state is as wanted. Rejects with what was reported last. */
  async until(what: string, isSo: (state: ToldState) => boolean): Promise<ToldState> {
    const deadline = performance.now() + PATIENCE_MS;
    while (performance.now() < deadline) {
      const newest = this.#states.at(-1);
      if (newest !== undefined && isSo(newest)) return newest;
      await sleep(100);
    }
    throw new Error(`waited in vain for ${what}; the broker was reported ${JSON.stringify(this.#states.at(-1))}`);
  }
}
