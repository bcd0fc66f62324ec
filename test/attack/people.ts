// Three people around one data folder: capture, to whom it belongs and who alone has the key; somebody of its group, who may write
// everything else; an examiner, who reads. Real users where root is there, else processes of the one who runs the tests.

import { type ChildProcess, fork } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { VerifyReport, Witness } from '../../appliance/capture/ledger/verify.ts';
import type { Deed, Outcome } from './person.ts';
import { isRoot } from './users.ts';

const PERSON = fileURLToPath(new URL('./person.js', import.meta.url));
/** Numbers that no system gives out. */
const GROUP = 61_013;
const USERS = { capture: 61_011, attacker: 61_012, examiner: 61_014 } as const;
type Role = keyof typeof USERS;

export class People {
  readonly #processes = new Map<Role, ChildProcess>();

  /** Makes the folder capture's: its group writes everywhere but at the key. */
  give(folder: string): void {
    if (!isRoot) return;
    fs.chmodSync(path.dirname(folder), 0o755);
    for (const name of ['', ...fs.readdirSync(folder, { recursive: true, encoding: 'utf8' })]) {
      const file = path.join(folder, name);
      const isKey = name === 'key' || name.startsWith('key/');
      const isFolder = fs.lstatSync(file).isDirectory();
      fs.chownSync(file, USERS.capture, GROUP);
      fs.chmodSync(file, isFolder ? (isKey ? 0o700 : 0o2770) : isKey ? 0o600 : 0o660);
    }
  }

  /** Capture starts on the folder and is stopped. */
  async run(folder: string): Promise<void> {
    await this.#ask('capture', { do: 'run', folder });
  }

  async attack(name: string, folder: string): Promise<void> {
    await this.#ask('attacker', { do: 'attack', name, folder });
  }

  async verify(folder: string, witness: Witness = {}): Promise<VerifyReport> {
    return (await this.#ask('examiner', { do: 'verify', folder, witness })) as VerifyReport;
  }

  stop(): void {
    for (const person of this.#processes.values()) person.disconnect();
    this.#processes.clear();
  }

  /** One thing at a time of each. */
  async #ask(role: Role, deed: Deed): Promise<unknown> {
    const person = this.#of(role);
    const answer = new Promise<Outcome>((resolve, reject) => {
      const gone = (): void => reject(new Error(`${role} ended`));
      person.once('exit', gone);
      person.once('message', (outcome) => {
        person.off('exit', gone);
        resolve(outcome as Outcome);
      });
    });
    person.send(deed);
    const { problem, value } = await answer;
    if (problem !== '') throw new Error(`${role}: ${problem}`);
    return value;
  }

  #of(role: Role): ChildProcess {
    const known = this.#processes.get(role);
    if (known !== undefined) return known;
    const rights = isRoot ? { uid: USERS[role], gid: GROUP } : {};
    // Not the runner's own flags: a fork of a test would begin to test.
    const person = fork(PERSON, {
      ...rights,
      execArgv: [],
      cwd: '/',
      env: { ...process.env, NODE_TEST_CONTEXT: undefined },
    });
    this.#processes.set(role, person);
    return person;
  }
}
