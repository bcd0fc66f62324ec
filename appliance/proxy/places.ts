// Where the app proxy keeps its things, apart from everything that capture and appliance own.

export const PROXY_FOLDER = '/var/lib/weir-proxy';

export interface FolderOption {
  readonly dir: string;
}

export const DIR_OPTION = ['--dir <folder>', "the proxy's folder: authority, runs, socket", PROXY_FOLDER] as const;
