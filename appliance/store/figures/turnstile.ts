// One after the other: what is rendered is read from the card only when it is its turn, so that however many ask, the sums
// of one device are in memory at a time.

export class Turnstile {
  #last: Promise<unknown> = Promise.resolve();

  pass<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work, work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}
