// A problem for the operator: one class, a documented code, one line. A problem in captured bytes is data, never an error;
// a bug is a TypeError and may crash.

/** Every code, with what it means and what to do. A test sees to it that each is in use. */
export const ERROR_CODES = {
  CONFIG_MISSING:
    'The configuration file named on the command line does not exist. Create it, or leave the option out.',
  CONFIG_INVALID: 'A setting is unknown, of the wrong type or out of bounds. The message names file and line.',
  CAPTURE_PERMISSION: 'The packet socket may not be opened. Run as root, or give CAP_NET_RAW.',
  CAPTURE_FILTER: 'The capture filter is not one that tcpdump accepts. `tcpdump -d FILTER` explains it.',
  ENGINE_MISSING: 'The capture engine is not installed. `apt install tcpdump`, or set capture.engine.',
  DATA_UNWRITABLE: 'The data folder cannot be written. Check its owner and that the card is not read-only.',
  DATA_FULL:
    'The data folder has no space left. Packets are counted as lost until there is; delete or export captures.',
  ALREADY_RUNNING: 'Another instance owns this data folder, or runs the access point. Stop it first.',
  PORT_IN_USE: 'Another program listens on that address and port. Stop it or change http.port.',
  NOT_A_CAPTURE: 'The file is neither pcap nor pcapng.',
  FILE_UNREADABLE: 'The file cannot be opened or read.',
  CAPTURE_UNREACHABLE: 'No capture process answers on its socket. Start `weir capture`.',
  APPLIANCE_UNREACHABLE: 'No appliance answers on its socket. Start `weir appliance`.',
  REQUEST_INVALID: 'The request has an unknown verb, a missing field or a value out of bounds.',
  INDEX_LOCKED: 'Another process owns the index. Stop it first.',
  INDEX_DAMAGED: 'The index does not match the ledger. It was set aside and is being rebuilt from the captures.',
  TABLE_INVALID: 'A geo or vendor table is missing, damaged or of another version. `make build` rebuilds it.',
  FORMAT_NEWER:
    'A newer Weir wrote the index or the ledger of this data folder. This one does not start on it and changes nothing. Install that version again.',
  LEDGER_DAMAGED: 'The ledger has a torn or altered line. `weir verify` says which.',
  DEVICE_UNKNOWN: 'No device has that address or name. `weir devices` lists those that were seen.',
  DEVICE_AMBIGUOUS: 'Several devices have that name or address; the message lists them. Name one by its MAC.',
  LEDGER_WAITS:
    'An order is carried out, but the disk has not taken the ledger’s line of it yet. It is written as soon as the disk takes it; do not repeat it.',
  SEGMENT_OPEN: 'The segment is still being written. Cut it (phase switch or rotate), then download it.',
  SEGMENT_ALTERED:
    'The file of a segment is not the one that the ledger names: its SHA-256 differs. Nothing of it is shown; `weir verify` reports more.',
  PACKET_UNKNOWN: 'There is no such packet, or the file that held it is gone. What is left can be seen under captures.',
  REVEAL_TOO_OFTEN:
    'Each reveal of a payload is a line of the ledger, which is never cut, and each look reads a file: ten reveals and sixty looks a minute are taken. Wait, or download the segment.',
  AP_REFUSED:
    'The access point cannot be what the settings ask for: the radio, the passphrase or the addresses of this machine do not allow it. The message names what.',
  AP_FAILED: 'The access point did not come up; what had been set was taken back. The message says what hostapd said.',
  SITE_UNREACHABLE: 'An appliance that was named to `weir pull` did not answer. What came before is kept; pull again.',
  SITE_REFUSED:
    'What an appliance shows contradicts what the archive saw of it: another key, a ledger that was rolled back or rewritten, an altered file. The archive keeps what it had.',
  ARCHIVE_INVALID: 'The folder is no archive of `weir pull`, or its own copy was damaged.',
  CLICKHOUSE_UNREACHABLE:
    'A ClickHouse server that was named to `weir archive load`, or one of its cluster, did not answer. What was loaded stays; load again.',
  CLICKHOUSE_REFUSED:
    'ClickHouse does not take what `weir archive load` sends: user, password, rights, or a cluster of that name is missing. The message has its words.',
  PROXY_UNREACHABLE: 'No app proxy answers on its socket. `weir proxy start` starts it, where weir-proxy is installed.',
  BACKUP_INVALID:
    'The file is no backup that can be used: cut, altered, of a newer Weir, or encrypted with another passphrase. The message says which.',
  TARGET_OCCUPIED:
    'A data folder already holds an appliance. `weir restore --set-aside` moves what is there into a folder of its own first.',
  UPDATE_REFUSED:
    'A package is not installed by `weir update`: not signed, altered, not of Weir or of this processor, older, or the way back cannot be kept. The message says which; nothing was changed.',
  UPDATE_FAILED:
    'A package was installed and did not come up. The version of before was installed again; where that failed too, the message names its package.',
  USAGE: 'The command line is wrong; see `weir help VERB`.',
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

export class WeirError extends Error {
  readonly code: ErrorCode;

  /** `message`: what, where, what happens now, what to do; one line. */
  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'WeirError';
    this.code = code;
  }
}

/** Whatever was thrown, as an Error. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

/** Linux's number of EDQUOT; libuv has no name for it, so that Node says `Unknown system error -122`. */
const QUOTA_ERRNO = -122;

/** The system's error code (`ENOSPC`), where there is one. */
export function systemCode(thrown: unknown): string | undefined {
  const { code, errno } = (thrown ?? {}) as { code?: unknown; errno?: unknown };
  if (errno === QUOTA_ERRNO) return 'EDQUOT';
  return typeof code === 'string' ? code : undefined;
}
