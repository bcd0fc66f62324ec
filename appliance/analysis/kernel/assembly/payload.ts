// The innermost loops over payload in AssemblyScript (TypeScript's syntax, WebAssembly's types): counting byte values with the
// packet's own entropy, and looking for marks at any offset, sixteen bytes at once. `npm run build:kernel` compiles it into
// ../payload-code.ts; ../payload-kernel.ts calls it. What each loop looks for and why is explained in ../../packet/payload/payload-scan.ts.
//
// No bounds are checked here: callers pass addresses of bytes that lie in this memory.

/** c log2 c by c, written by the caller once: the same doubles as everywhere else. */
const C_LOG_C = memory.data(65_536 * 8, 16);
/** Four tables, because consecutive equal bytes would wait for each other's increment in one. All zero between calls. */
const TABLES = memory.data(4 * 1024, 16);
const TABLE = 1024;
/** Of the payload counted last: 256 counts. */
const CELLS = memory.data(1024, 16);
/** What scanMarks found: 0xff, stuffed 0xff, start codes, container marks, audio frames. */
const MARKS = memory.data(5 * 4, 16);
/** Where the caller's own memory begins. */
const FREE: usize = (__heap_base + 63) & ~63;

export function cLogC(): usize {
  return C_LOG_C;
}
export function cells(): usize {
  return CELLS;
}
export function marks(): usize {
  return MARKS;
}
export function free(): usize {
  return FREE;
}

/**
 * Counts fewer than 65,536 bytes into the cells; returns the sum of c log2 c. Doubles are added in four lanes by value
 * modulo 4, from cell 0 up: another order would give another last bit.
 */
export function count(start: usize, bytes: usize): f64 {
  fill(start, start + bytes);
  const zero = i64x2.splat(0);
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  for (let at: usize = 0; at < 1024; at += 16) {
    const table = TABLES + at;
    const sum = i32x4.add(
      i32x4.add(v128.load(table), v128.load(table, TABLE)),
      i32x4.add(v128.load(table, 2 * TABLE), v128.load(table, 3 * TABLE)),
    );
    v128.store(table, zero);
    v128.store(table, zero, TABLE);
    v128.store(table, zero, 2 * TABLE);
    v128.store(table, zero, 3 * TABLE);
    v128.store(CELLS + at, sum);
    low = f64x2.add(low, twoLogs(i32x4.extract_lane(sum, 0), i32x4.extract_lane(sum, 1)));
    high = f64x2.add(high, twoLogs(i32x4.extract_lane(sum, 2), i32x4.extract_lane(sum, 3)));
  }
  return (
    f64x2.extract_lane(low, 0) +
    f64x2.extract_lane(low, 1) +
    (f64x2.extract_lane(high, 0) + f64x2.extract_lane(high, 1))
  );
}

function fill(start: usize, end: usize): void {
  let at = start;
  for (; at + 8 <= end; at += 8) {
    const word = load<u64>(at);
    increment(word & 255, 0);
    increment((word >> 8) & 255, TABLE);
    increment((word >> 16) & 255, 2 * TABLE);
    increment((word >> 24) & 255, 3 * TABLE);
    increment((word >> 32) & 255, 0);
    increment((word >> 40) & 255, TABLE);
    increment((word >> 48) & 255, 2 * TABLE);
    increment(word >> 56, 3 * TABLE);
  }
  for (; at < end; at++) increment(load<u8>(at), 0);
}

function increment(value: u64, table: usize): void {
  const cell = TABLES + table + ((value as usize) << 2);
  store<i32>(cell, load<i32>(cell) + 1);
}

function twoLogs(first: i32, second: i32): v128 {
  const low = load<f64>(C_LOG_C + ((first as usize) << 3));
  return f64x2.replace_lane(f64x2.splat(low), 1, load<f64>(C_LOG_C + ((second as usize) << 3)));
}

/** Start codes count from here on. */
const FRAMING: usize = 64;

/** Everything that is found at any offset of [start, stop). */
export function scanMarks(start: usize, stop: usize): void {
  memory.fill(MARKS, 0, 20);
  if (stop < start + 4) return;
  const last = stop - 3;
  let at = start;
  for (; at + 16 <= last; at += 16) {
    const bytes = v128.load(at);
    const next = v128.load(at, 1);
    const ff = i8x16.eq(bytes, i8x16.splat(-1));
    const zeros = v128.and(isZero(bytes), v128.and(isZero(next), i8x16.eq(v128.load(at, 2), i8x16.splat(1))));
    const mark = v128.and(mayBeginMark(bytes), mayContinueMark(next));
    if (!v128.any_true(v128.or(ff, v128.or(zeros, mark)))) continue;
    for (let bits = i8x16.bitmask(ff); bits !== 0; bits &= bits - 1) scanFf(at + ctz(bits), stop);
    for (let bits = i8x16.bitmask(zeros); bits !== 0; bits &= bits - 1) scanZero(at + ctz(bits), start);
    for (let bits = i8x16.bitmask(mark); bits !== 0; bits &= bits - 1) scanContainer(at + ctz(bits));
  }
  for (; at < last; at++) {
    const byte = load<u8>(at);
    if (byte === 0xff) scanFf(at, stop);
    else if (byte === 0) scanZero(at, start);
    else scanContainer(at);
  }
}

function isZero(bytes: v128): v128 {
  return i8x16.eq(bytes, i8x16.splat(0));
}

/** First bytes of the words in scanContainer. */
function mayBeginMark(bytes: v128): v128 {
  const letters = v128.or(i8x16.eq(bytes, i8x16.splat(0x66)), i8x16.eq(bytes, i8x16.splat(0x6d)));
  const capitals = v128.or(i8x16.eq(bytes, i8x16.splat(0x4f)), i8x16.eq(bytes, i8x16.splat(0x49)));
  const binary = v128.or(i8x16.eq(bytes, i8x16.splat(0x1f)), i8x16.eq(bytes, i8x16.splat(0x1a)));
  return v128.or(letters, v128.or(capitals, binary));
}

/** Second bytes of those words lie between 0x43 and 0x74. */
function mayContinueMark(bytes: v128): v128 {
  return i8x16.le_u(i8x16.sub(bytes, i8x16.splat(0x43)), i8x16.splat(0x31));
}

/** MP4 boxes ftyp, moov, moof, mdat; OggS; PNG's IDAT, IHDR; Matroska's cluster and EBML. */
function scanContainer(at: usize): void {
  switch (bswap(load<u32>(at))) {
    case 0x66747970:
    case 0x6d6f6f76:
    case 0x6d6f6f66:
    case 0x6d646174:
    case 0x4f676753:
    case 0x49444154:
    case 0x49484452:
    case 0x1f43b675:
    case 0x1a45dfa3:
      found(3);
  }
}

function found(mark: usize): void {
  store<u32>(MARKS + (mark << 2), load<u32>(MARKS + (mark << 2)) + 1);
}

/** NAL unit headers that a stream is made of, as a set of 128 bits: see START_CODE_HEADERS in packet/payload/payload-scan.ts. */
const NAL_HEADERS = memory.data<u8>([
  0x46, 0x02, 0x00, 0x00, 0xe2, 0x05, 0x00, 0x00, 0xb7, 0x41, 0x00, 0x00, 0xa2, 0x01, 0x00, 0x00,
]);

function scanZero(at: usize, start: usize): void {
  if (at < start + FRAMING || load<u8>(at, 1) !== 0 || load<u8>(at, 2) !== 1) return;
  const header = load<u8>(at, 3) as usize;
  if (header >= 128) return;
  const eight: u32 = load<u8>(NAL_HEADERS + (header >> 3));
  if (((eight >> ((header & 7) as u32)) & 1) !== 0) found(2);
}

function scanFf(at: usize, stop: usize): void {
  const next = load<u8>(at, 1);
  found(0);
  if (next === 0 || (next & 0xf8) === 0xd0) found(1);
  else if (next >= 0xe0) scanAudio(at, stop);
  else if (next === 0xd8 && isJpegStart(at)) found(3);
}

/** SOI and the segment that encoders put next: APP0, APP1, DQT, COM (T.81 table B.1). */
function isJpegStart(at: usize): boolean {
  if (load<u8>(at, 2) !== 0xff) return false;
  const marker = load<u8>(at, 3);
  return marker === 0xe0 || marker === 0xe1 || marker === 0xdb || marker === 0xfe;
}

/** The next frame has the same version, layer and sampling rate; only rate and padding may change. */
function scanAudio(at: usize, stop: usize): void {
  const length = (load<u8>(at, 1) & 0xf6) === 0xf0 ? adtsLength(at, stop) : mp3Length(at);
  const next = at + length;
  if (length < 24 || next + 2 >= stop) return;
  const differs = (load<u8>(next, 2) ^ load<u8>(at, 2)) & 0x0c;
  if (load<u8>(next) === 0xff && load<u8>(next, 1) === load<u8>(at, 1) && differs === 0) found(4);
}

/** ADTS frame length, 13 bits across bytes 3 to 5 (ISO/IEC 13818-7 §6.2). */
function adtsLength(at: usize, stop: usize): usize {
  if (at + 5 >= stop) return 0;
  return ((load<u8>(at, 3) & 3) << 11) | ((load<u8>(at, 4) as usize) << 3) | (load<u8>(at, 5) >> 5);
}

/** Kilobits per second by index, layer III: MPEG 1, then MPEG 2 and 2.5 (ISO/IEC 11172-3, 13818-3). */
const MP3_RATES = memory.data<u16>([
  0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0, 0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112,
  128, 144, 160, 0,
]);
const MP3_SAMPLING = memory.data<u32>([44_100, 48_000, 32_000, 0]);

/** Length of a layer III frame; 0 where the header is none. */
function mp3Length(at: usize): usize {
  const version = (load<u8>(at, 1) >> 3) & 3;
  const layer = (load<u8>(at, 1) >> 1) & 3;
  const third = load<u8>(at, 2) as usize;
  const rate = load<u16>(MP3_RATES + (version === 3 ? 0 : 32) + ((third >> 4) << 1)) as u32;
  const sampling = load<u32>(MP3_SAMPLING + (((third >> 2) & 3) << 2));
  if (version === 1 || layer !== 1 || rate === 0 || sampling === 0) return 0;
  const hertz: u32 = version === 3 ? sampling : version === 2 ? sampling / 2 : sampling / 4;
  return (((version === 3 ? 144_000 : 72_000) * rate) / hertz + (((third >> 1) & 1) as u32)) as usize;
}

/** Whether 0x47 occurs every 188 bytes from some offset to the end, four times or more. */
export function holdsTransportStream(start: usize, stop: usize): boolean {
  if (stop < start + 752) return false;
  for (let block: usize = 0; block < 188; block += 16) {
    let bits = i8x16.bitmask(i8x16.eq(v128.load(start + block), i8x16.splat(0x47)));
    for (; bits !== 0; bits &= bits - 1) {
      const phase = block + ctz(bits);
      if (phase >= 188) return false;
      let at = start + phase + 188;
      while (at < stop && load<u8>(at) === 0x47) at += 188;
      if (at >= stop) return true;
    }
  }
  return false;
}

/** The first place of [from, stop) where type and major version of a TLS record header could be; `stop` if none. */
export function findRecord(from: usize, stop: usize): usize {
  let at = from;
  for (; at + 17 <= stop; at += 16) {
    const type = i8x16.eq(v128.and(v128.load(at), i8x16.splat(-4)), i8x16.splat(20));
    const version = i8x16.eq(v128.load(at, 1), i8x16.splat(3));
    const bits = i8x16.bitmask(v128.and(type, version));
    if (bits !== 0) return at + ctz(bits);
  }
  for (; at + 1 < stop; at++) if ((load<u8>(at) & 0xfc) === 20 && load<u8>(at, 1) === 3) return at;
  return stop;
}
