// A card to break: ext4 in a file, attached to a loop device and mounted inside a stage.
// Loops are attached explicitly and let go at unmount (`losetup -d` on a mounted loop is lazy), so that none is left behind.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Stage } from './stage.ts';
import { compile } from './traffic.ts';

export interface CardSize {
  readonly bytes: number;
  /** Number of inodes; without it as many as mkfs thinks right. */
  readonly inodes?: number;
}

export class Card {
  readonly #stage: Stage;
  readonly #image: string;
  /** Where it is mounted, inside the stage. */
  readonly folder: string;
  #loop = '';

  /** Makes the file system; `mount` attaches it. */
  constructor(stage: Stage, name: string, size: CardSize) {
    this.#stage = stage;
    this.#image = `${stage.root}/${name}.img`;
    this.folder = `${stage.root}/${name}`;
    stage.run('mkdir', '-p', this.folder);
    stage.run('truncate', '-s', String(size.bytes), this.#image);
    const inodes = size.inodes === undefined ? [] : ['-N', String(size.inodes)];
    stage.run('mkfs.ext4', '-q', '-F', '-m', '0', ...inodes, this.#image);
  }

  /** Name of the block device while mounted. */
  get device(): string {
    return this.#loop.replace('/dev/', '');
  }

  mount(): void {
    this.#loop = this.#stage.run('losetup', '--find', '--show', this.#image).trim();
    this.#stage.run('mount', '-t', 'ext4', '-o', 'noatime,errors=remount-ro', this.#loop, this.folder);
    this.#stage.run('losetup', '--detach', this.#loop);
  }

  /** Pulls the plug: what was not synced is gone, and everything that follows fails. When, in nanoseconds since 1970. */
  cutPower(): number {
    return Number(this.#stage.run(compile('power-cut.c'), this.folder));
  }

  /** What a card with a bad block does: the kernel finds an error and turns the file system read-only. */
  turnReadOnly(): void {
    const trigger = `/sys/fs/ext4/${this.device}/trigger_fs_error`;
    this.#stage.run('sh', '-c', `echo injected > ${trigger}`);
  }

  /** Waits for the last user to let go. */
  async unmount(): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      try {
        this.#stage.run('umount', this.folder);
        return;
      } catch (error) {
        if (attempt === 100) throw error;
        await sleep(50);
      }
    }
  }

  /** Repairs what e2fsck repairs without asking, as a boot does. Throws where it needs a person. */
  check(): void {
    this.#stage.run('sh', '-c', `e2fsck -fp ${this.#image} >&2; test $? -le 1`);
  }
}
