// Names of a compiled table, one after the other, and where each begins.

export class NameList {
  readonly #index = new Map<string, number>();
  readonly #parts: Buffer[] = [];

  /** Number of the name; the same text has the same number. */
  add(name: string): number {
    const known = this.#index.get(name);
    if (known !== undefined) return known;
    this.#index.set(name, this.#parts.length);
    return this.append(name);
  }

  /** Adds a name even if it is there already. */
  append(name: string): number {
    this.#parts.push(Buffer.from(name, 'utf8'));
    return this.#parts.length - 1;
  }

  bytes(): Uint8Array {
    return Buffer.concat(this.#parts);
  }

  /** Offsets as 32-bit numbers, one more than names: the last is where the last name ends. */
  offsets(): Uint8Array {
    const offsets = new Uint32Array(this.#parts.length + 1);
    for (const [i, part] of this.#parts.entries()) offsets[i + 1] = offsets[i]! + part.length;
    return new Uint8Array(offsets.buffer);
  }
}
