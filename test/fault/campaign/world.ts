// Everything that a campaign needs, on a card of its own, so that each process can be killed and the power cut: capture, the
// appliance, the unit that runs programs. The home, the broker and the address that is asked stay up.

import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { fileURLToPath } from 'node:url';
import type { LedgerLine } from '../../../appliance/model/ledger.ts';
import type { CampaignResponse } from '../../../appliance/publish/schemas/campaign.ts';
import type { Broker } from '../../publish/mosquitto.ts';
import { CaptureProcess, MAIN } from '../capture-process.ts';
import { Card } from '../ext4.ts';
import { Stage, signalGroup } from '../stage.ts';
import type { WitnessedHome } from '../witnessed-home.ts';

export type Victim = 'appliance' | 'capture' | 'action' | 'power';
export type Run = NonNullable<CampaignResponse['campaign']>;

const MIB = 1024 * 1024;
/** Nothing but the machine's own network. */
const HERE = '/proc/self/ns/net';
const DOOR = fileURLToPath(new URL('action-door.js', import.meta.url));
/** Takes as long as a real one, and counts how often it was run. */
const PROGRAM = (counter: string) => `#!/bin/sh\necho run >> ${counter}\nsleep 1\necho the lamp is on\n`;

export class CampaignWorld {
  readonly #stage: Stage;
  readonly #card: Card;
  readonly #home: WitnessedHome;
  readonly capture: CaptureProcess;
  #appliance: ChildProcess | null = null;
  #door: ChildProcess | null = null;
  /** Process groups of programs, the newest last. */
  readonly #runs: number[] = [];
  #log = '';

  private constructor(stage: Stage, card: Card, home: WitnessedHome, capture: CaptureProcess) {
    this.#stage = stage;
    this.#card = card;
    this.#home = home;
    this.capture = capture;
  }

  static async open(home: WitnessedHome, broker: Broker): Promise<CampaignWorld> {
    const stage = await Stage.open();
    const card = new Card(stage, 'card', { bytes: 256 * MIB });
    card.mount();
    const capture = new CaptureProcess(stage, `${card.folder}/data`, {
      capture: { ...home.captureSettings, sync_seconds_idle: 1, sync_seconds_intensive: 1 },
      mqtt: { url: broker.url, username: 'weir', password_file: broker.passwordFile },
    });
    const world = new CampaignWorld(stage, card, home, capture);
    world.#furnish();
    return world;
  }

  /** A /etc/weir/actions and a /run that only the stage sees, and a boot id that changes with the power. */
  #furnish(): void {
    const { root } = this.#stage;
    const actions = this.#stage.outside(`${root}/etc/weir/actions`);
    mkdirSync(actions, { recursive: true });
    writeFileSync(`${actions}/lamp-on`, PROGRAM(`${root}/lamp-on.runs`), { mode: 0o755 });
    writeFileSync(this.#stage.outside(`${root}/lamp-on.runs`), '', { mode: 0o666 });
    this.#stage.run('chmod', '0666', `${root}/lamp-on.runs`);
    this.#stage.run('mount', '-t', 'overlay', 'overlay', '-o', `lowerdir=${root}/etc:/etc`, '/etc');
    this.#stage.run('mount', '-t', 'tmpfs', 'tmpfs', '/run');
    writeFileSync(this.#stage.outside(`${root}/boot_id`), `${randomUUID()}\n`);
    this.#stage.run('mount', '--bind', `${root}/boot_id`, '/proc/sys/kernel/random/boot_id');
  }

  get data(): string {
    return this.#stage.outside(this.capture.data);
  }

  get programRuns(): number {
    const text = readFileSync(this.#stage.outside(`${this.#stage.root}/lamp-on.runs`), 'utf8');
    return text.split('\n').length - 1;
  }

  async start(): Promise<void> {
    await this.#startDoor();
    this.#startAppliance();
    await this.#startCapture();
  }

  /** Whole lines, also of a card that lost its last ones. */
  ledger(): LedgerLine[] {
    const path = `${this.data}/ledger.ndjson`;
    if (!existsSync(path)) return [];
    const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as LedgerLine);
  }

  /** SIGKILL and what a service manager does then; of `power` also what the card and the machine do. False: nobody to kill. */
  async cut(victim: Victim): Promise<boolean> {
    if (victim === 'action') return this.#killProgram();
    if (victim === 'appliance') {
      await this.#killAppliance();
      this.#startAppliance();
    }
    if (victim === 'capture') {
      await this.capture.killAll();
      await this.#startCapture();
    }
    if (victim === 'power') await this.#cutPower();
    return true;
  }

  async #cutPower(): Promise<void> {
    this.#card.cutPower();
    this.#killProgram();
    await Promise.all([this.capture.killAll(), this.#killAppliance(), killed(this.#door)]);
    await this.#card.unmount();
    this.#card.mount();
    writeFileSync(this.#stage.outside(`${this.#stage.root}/boot_id`), `${randomUUID()}\n`);
    await this.start();
  }

  async #startCapture(): Promise<void> {
    this.#home.enterFrom(this.#stage);
    await this.capture.start();
  }

  #startAppliance(): void {
    this.#stage.network = HERE;
    const child = this.#stage.spawn([process.execPath, MAIN, 'appliance', '--config', this.capture.config]);
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (text: Buffer) => (this.#log = (this.#log + text.toString()).slice(-20_000)));
    this.#appliance = child;
  }

  #killAppliance(): Promise<void> {
    return killed(this.#appliance);
  }

  async #startDoor(): Promise<void> {
    this.#stage.network = HERE;
    const child = this.#stage.spawn([process.execPath, DOOR]);
    this.#door = child;
    await new Promise<void>((resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`the door for programs ended: ${code}`)));
      child.stderr?.on('data', (text: Buffer) => (this.#log += text.toString()));
      child.stdout?.on('data', (chunk: Buffer) => {
        for (const [, pid] of chunk.toString().matchAll(/run (\d+)/g)) this.#runs.push(Number(pid));
        if (chunk.includes('listens')) resolve();
      });
    });
  }

  #killProgram(): boolean {
    const pid = this.#runs.pop();
    const lives = pid !== undefined && existsSync(`/proc/${pid}`);
    if (lives) signalGroup(pid, 'SIGKILL');
    return lives;
  }

  campaign(): Promise<Run | null> {
    return this.ask<CampaignResponse>('GET', '/api/v1/campaign').then(({ campaign }) => campaign);
  }

  /** On the local socket, where file permission is the credential. */
  ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    return new Promise((done, fail) => {
      const headers = body === undefined ? {} : { 'content-type': 'application/json' };
      const socketPath = `${this.data}/run/appliance/appliance.sock`;
      const ask = request({ socketPath, path, method, headers, timeout: 10_000 }, (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (part: string) => (text += part));
        answer.once('error', fail);
        answer.once('end', () => {
          if (answer.statusCode !== undefined && answer.statusCode < 300)
            done((text === '' ? undefined : JSON.parse(text)) as T);
          else fail(new Error(`${method} ${path}: ${answer.statusCode} ${text}`));
        });
      });
      ask.once('timeout', () => ask.destroy(new Error('no answer')));
      ask.once('error', fail);
      ask.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  logs(): string {
    return `--- appliance\n${this.#log.slice(-4000)}\n--- capture\n${this.capture.log.slice(-4000)}`;
  }

  /** Ends all but the stage; the card can be read still. */
  async stop(): Promise<void> {
    await this.#killAppliance();
    await this.capture.stop();
  }

  close(): Promise<void> {
    return this.#stage.close();
  }
}

async function killed(child: ChildProcess | null): Promise<void> {
  if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  signalGroup(child.pid, 'SIGKILL');
  await gone;
}
