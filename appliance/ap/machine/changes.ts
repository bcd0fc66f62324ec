// What was changed in the machine, and how it was before: kept in a file so that a stop, also one after a crash, puts everything
// back. Each `set…` remembers the first old value only.

import { expectOnly, MALFORMED } from '../../model/expected-error.ts';
import { AP_RUN_FOLDER } from '../status/status.ts';
import { removeFromDocker } from './docker-user.ts';
import { readText, removeFile, replaceFile, run, writeSetting } from './machine.ts';

interface Remembered {
  bridge: string;
  /** Made by us, so it goes again; otherwise it was there and stays. */
  bridgeMade: boolean;
  addresses: string[];
  settings: [path: string, before: string][];
  files: string[];
  /** Packet mark and routing table of further ways out. */
  routes: [mark: number, table: number][];
  firewall: boolean;
  /** Links that NetworkManager had. */
  managed: string[];
}

const FILE = `${AP_RUN_FOLDER}/changed.json`;

export class Changes {
  #kept: Remembered;

  /** Takes over what a supervisor that died had changed. */
  constructor() {
    this.#kept = readKept();
  }

  get firewall(): boolean {
    return this.#kept.firewall;
  }

  get files(): readonly string[] {
    return this.#kept.files;
  }

  get routes(): readonly (readonly [number, number])[] {
    return this.#kept.routes;
  }

  /** Value of a setting before it was first changed; undefined where it was not. */
  before(path: string): string | undefined {
    return this.#kept.settings.find(([known]) => known === path)?.[1];
  }

  set(path: string, value: string): void {
    const before = readText(path);
    if (before === undefined || before === value) return;
    if (this.before(path) === undefined) this.#kept.settings.push([path, before]);
    this.#save();
    writeSetting(path, value);
  }

  addFile(path: string, text: string): void {
    if (!this.#kept.files.includes(path)) this.#kept.files.push(path);
    this.#save();
    replaceFile(path, text, 0o644);
  }

  addManaged(link: string): void {
    if (!this.#kept.managed.includes(link)) this.#kept.managed.push(link);
    this.#save();
  }

  addBridge(bridge: string, isMade: boolean): void {
    if (this.#kept.bridge === bridge) return;
    this.#kept.bridge = bridge;
    this.#kept.bridgeMade = isMade;
    this.#save();
  }

  addAddress(address: string): void {
    if (!this.#kept.addresses.includes(address)) this.#kept.addresses.push(address);
    this.#save();
  }

  addRoute(mark: number, table: number): void {
    if (!this.#kept.routes.some(([known]) => known === mark)) this.#kept.routes.push([mark, table]);
    this.#save();
  }

  addFirewall(): void {
    this.#kept.firewall = true;
    this.#save();
  }

  /**
   * Settings of the bridge are gone with it; those that cannot be written any more belong to links that are gone. Gives the links
   * that NetworkManager is to have again.
   */
  async undo(removeFirewall: string): Promise<readonly string[]> {
    const { bridge, bridgeMade, addresses, settings, files, routes, firewall, managed } = this.#kept;
    for (const [path, before] of settings.toReversed()) writeSetting(path, before);
    for (const [mark, table] of routes) {
      await run('ip', ['rule', 'del', 'fwmark', String(mark)]);
      await run('ip', ['route', 'flush', 'table', String(table)]);
    }
    if (bridge !== '' && bridgeMade) await run('ip', ['link', 'del', bridge]);
    else for (const address of addresses) await run('ip', ['addr', 'del', address, 'dev', bridge]);
    for (const file of files) removeFile(file);
    if (firewall) await removeFromDocker();
    // Last: as long as anything of the captured side is up, it is fenced in.
    if (firewall) await run('nft', ['-f', '-'], removeFirewall);
    this.#kept = nothing();
    removeFile(FILE);
    return managed;
  }

  #save(): void {
    replaceFile(FILE, JSON.stringify(this.#kept), 0o600);
  }
}

function nothing(): Remembered {
  return {
    bridge: '',
    bridgeMade: false,
    addresses: [],
    settings: [],
    files: [],
    routes: [],
    firewall: false,
    managed: [],
  };
}

function readKept(): Remembered {
  try {
    return { ...nothing(), ...(JSON.parse(readText(FILE) ?? '{}') as Partial<Remembered>) };
  } catch (thrown) {
    expectOnly(thrown, 'reading what was changed', ...MALFORMED);
    return nothing();
  }
}
