// Breaks frames the way networks, attackers and bad memory do. Deterministic by the generator that is handed in.

/** One to four small injuries. */
export function mutate(frame: Uint8Array, random: () => number): Uint8Array {
  let bytes: Uint8Array = frame.slice();
  const injuries = 1 + (random() % 4);
  for (let i = 0; i < injuries; i++) bytes = INJURIES[random() % INJURIES.length]!(bytes, random);
  return bytes;
}

type Injury = (bytes: Uint8Array, random: () => number) => Uint8Array;

function place(bytes: Uint8Array, random: () => number): number {
  return bytes.length === 0 ? 0 : random() % bytes.length;
}

const flipBit: Injury = (bytes, random) => {
  if (bytes.length > 0) bytes[place(bytes, random)]! ^= 1 << (random() & 7);
  return bytes;
};

/** Lengths and counts live in such values. */
const EXTREMES = [0x00, 0x01, 0x7f, 0x80, 0xff, 0x3f, 0xc0];

const setExtreme: Injury = (bytes, random) => {
  const at = place(bytes, random);
  for (let i = 0; i < 1 + (random() & 3) && at + i < bytes.length; i++)
    bytes[at + i] = EXTREMES[random() % EXTREMES.length]!;
  return bytes;
};

const cut: Injury = (bytes, random) => bytes.slice(0, place(bytes, random));

const append: Injury = (bytes, random) => {
  const longer = new Uint8Array(bytes.length + (random() % 200));
  longer.set(bytes);
  for (let i = bytes.length; i < longer.length; i++) longer[i] = random() & 255;
  return longer;
};

const scramble: Injury = (bytes, random) => {
  const at = place(bytes, random);
  const end = Math.min(bytes.length, at + (random() % 40));
  for (let i = at; i < end; i++) bytes[i] = random() & 255;
  return bytes;
};

/** A piece of the packet over another place of it: pointers to themselves, nested headers. */
const copyWithin: Injury = (bytes, random) => {
  const from = place(bytes, random);
  return bytes.copyWithin(place(bytes, random), from, Math.min(bytes.length, from + (random() % 64)));
};

const INJURIES: readonly Injury[] = [flipBit, flipBit, setExtreme, setExtreme, cut, append, scramble, copyWithin];
