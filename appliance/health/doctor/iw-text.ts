// Reads what iw(8) prints. Its authors call the format unstable; forms of 5.19 to 6.9 are taken, and what is not found is
// left out, so that a check says "not known" rather than something wrong.

export interface Channel {
  readonly number: number;
  readonly mhz: number;
  /** The rules of the country forbid it. */
  readonly disabled: boolean;
  /** No initiating radiation: only as a station, never as an access point. */
  readonly passive: boolean;
  readonly radar: boolean;
}

export interface PhyAbilities {
  readonly modes: readonly string[];
  readonly commands: readonly string[];
  readonly channels: readonly Channel[];
}

/** `iw phy phy0 info`. */
export function parsePhy(text: string): PhyAbilities {
  return {
    modes: starredUnder(text, 'Supported interface modes:'),
    commands: starredUnder(text, 'Supported commands:'),
    channels: text.split('\n').flatMap(parseChannel),
  };
}

/** The ` * word` lines that follow a heading, up to the first line that is none. */
function starredUnder(text: string, heading: string): string[] {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => line.trim() === heading);
  if (start === -1) return [];
  const rest = lines.slice(start + 1);
  const end = rest.findIndex((line) => !/^\s*\* /.test(line));
  return rest.slice(0, end === -1 ? rest.length : end).map((line) => line.replace(/^\s*\* /, '').trim());
}

/** `* 5260 MHz [52] (20.0 dBm) (no IR, radar detection)`; newer versions write `5260.0 MHz`. */
function parseChannel(line: string): Channel[] {
  const [, mhz, number, notes = ''] = /^\s*\* (\d+)(?:\.\d+)? MHz \[(\d+)\](.*)$/.exec(line) ?? [];
  if (mhz === undefined || number === undefined) return [];
  const flags = { disabled: /disabled/.test(notes), passive: /no IR/.test(notes), radar: /radar/.test(notes) };
  return [{ number: Number(number), mhz: Number(mhz), ...flags }];
}

/** `iw reg get`: the country of all radios that do not keep rules of their own. */
export function parseCountry(text: string): string | undefined {
  return /^global\s*\ncountry ([A-Z0-9]{2}):/m.exec(text)?.[1] ?? /^country ([A-Z0-9]{2}):/m.exec(text)?.[1];
}

/** `iw dev wlan0 get power_save`. */
export function parsePowerSave(text: string): boolean | undefined {
  const word = /Power save: (on|off)/.exec(text)?.[1];
  return word === undefined ? undefined : word === 'on';
}

/** `iw dev wlan0 station dump`: how many are associated. */
export function countStations(text: string): number {
  return text.split('\n').filter((line) => line.startsWith('Station ')).length;
}
