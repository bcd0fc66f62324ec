// The built image as a card: a copy with other settings on its boot partition, larger like a real card, and files read back.

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const BUILT = fileURLToPath(new URL('../../image/', import.meta.url));
const SECTOR = 512;
const ENVIRONMENT = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin`, MTOOLS_SKIP_CHECK: '1' };
/** Larger than the image, so that it has to grow; a power of two, as QEMU's Pi wants its cards. */
const CARD_BYTES = 2 ** 32;

export const KERNEL = join(BUILT, 'kernel');
export const INITRD = join(BUILT, 'initrd');
export const PI3_TREE = join(BUILT, 'pi3.dtb');

/** Undefined where nobody made one. */
export function builtImage(): string | undefined {
  try {
    const name = readdirSync(BUILT).find((entry) => entry.endsWith('.img'));
    return name === undefined ? undefined : join(BUILT, name);
  } catch {
    return undefined;
  }
}

interface Partition {
  readonly start: number;
  readonly size: number;
}

export function partitions(image: string): readonly Partition[] {
  const table = JSON.parse(run('sfdisk', ['--json', image])) as { partitiontable: { partitions: Partition[] } };
  return table.partitiontable.partitions;
}

export class Card {
  readonly #folder: string;
  /** What a board writes to. */
  readonly disk: string;

  private constructor(folder: string) {
    this.#folder = folder;
    this.disk = join(folder, 'card.img');
  }

  static make(image: string): Card {
    const card = new Card(mkdtempSync(join(tmpdir(), 'weir-card-')));
    run('cp', ['--sparse=always', image, card.disk]);
    truncateSync(card.disk, CARD_BYTES);
    return card;
  }

  /** A file of the boot partition; undefined where there is none. Only while no board runs on the card, as the next. */
  bootFile(name: string): string | undefined {
    const answer = spawnSync('mtype', ['-i', bootOf(this.disk), `::${name}`], { encoding: 'utf8', env: ENVIRONMENT });
    return answer.status === 0 ? answer.stdout : undefined;
  }

  /** As somebody does who puts the card into another computer. */
  writeBootFile(name: string, text: string): void {
    const file = join(this.#folder, name);
    writeFileSync(file, text);
    run('mcopy', ['-o', '-i', bootOf(this.disk), file, `::${name}`]);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true });
  }
}

function bootOf(raw: string): string {
  return `${raw}@@${(partitions(raw)[0]?.start ?? 0) * SECTOR}`;
}

/** The tree of an ext4 partition in a folder of its own. */
export function unpackPartition(image: string, index: number, into: string): void {
  const { start, size } = partitions(image)[index] ?? { start: 0, size: 0 };
  const file = `${into}.ext4`;
  run('dd', [
    `if=${image}`,
    `of=${file}`,
    'bs=1M',
    'iflag=skip_bytes,count_bytes',
    'conv=sparse',
    `skip=${start * SECTOR}`,
    `count=${size * SECTOR}`,
    'status=none',
  ]);
  mkdirSync(into);
  // Complains about the owners it cannot set, where it is not root.
  spawnSync('debugfs', ['-R', `rdump / ${into}`, file], { stdio: 'ignore', env: ENVIRONMENT });
  rmSync(file);
}

/** Every file of the boot partition, as text. */
export function bootTexts(image: string): ReadonlyMap<string, string> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-boot-'));
  run('mcopy', ['-s', '-n', '-i', bootOf(image), '::', folder]);
  const texts = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => [entry.name, readFileSync(join(entry.parentPath, entry.name), 'latin1')] as const);
  rmSync(folder, { recursive: true });
  return new Map(texts);
}

function run(program: string, words: readonly string[]): string {
  return execFileSync(program, words, {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    env: ENVIRONMENT,
  });
}
