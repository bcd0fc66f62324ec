// Where the app proxy keeps its things, apart from everything that capture and appliance own.

export const PROXY_FOLDER = '/var/lib/weir-proxy';

/** Root's: the proxy's own user must not decide what is written to the ledger. */
const ROOT_FOLDER = '/var/lib/misc';

/** Where root keeps what outlasts a power cut (fence/owed-line.ts); with a folder of one's own, there. */
export function rootFolder(folder: string): string {
  return folder === PROXY_FOLDER ? ROOT_FOLDER : folder;
}

export interface FolderOption {
  readonly dir: string;
}

export const DIR_OPTION = ['--dir <folder>', "the proxy's folder: authority, runs, socket", PROXY_FOLDER] as const;
