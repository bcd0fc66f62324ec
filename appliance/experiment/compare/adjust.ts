// Many questions at once: p values such that their number makes no false answer. Pure.

/**
 * S. Holm 1979: with these at most `level` the chance of one false answer among all is at most `level`, whatever depends on what.
 * In the order of the input.
 */
export function holm(ps: readonly number[]): number[] {
  const order = ranked(ps);
  const adjusted = ps.map(() => 1);
  let most = 0;
  for (const [rank, i] of order.entries()) {
    most = Math.max(most, Math.min(1, (ps.length - rank) * ps[i]!));
    adjusted[i] = most;
  }
  return adjusted;
}

/**
 * Y. Benjamini, Y. Hochberg 1995: of the rows with these at most `level`, on average at most the part `level` is false; where nothing
 * differs at all, the chance of one false row is at most `level`. In the order of the input.
 */
export function benjaminiHochberg(ps: readonly number[]): number[] {
  const order = ranked(ps);
  const adjusted = ps.map(() => 1);
  let least = 1;
  for (let rank = order.length - 1; rank >= 0; rank--) {
    const i = order[rank]!;
    least = Math.min(least, (ps[i]! * ps.length) / (rank + 1));
    adjusted[i] = least;
  }
  return adjusted;
}

function ranked(ps: readonly number[]): number[] {
  return ps.map((_, i) => i).sort((x, y) => ps[x]! - ps[y]!);
}
