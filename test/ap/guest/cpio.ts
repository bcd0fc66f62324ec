// An initramfs in the newc format (kernel: Documentation/driver-api/early-userspace/buffer-format.rst), so that no cpio
// program is needed. Folders, files and nothing else.

export interface ArchiveEntry {
  readonly path: string;
  readonly mode: number;
  readonly content: Uint8Array;
}

const FOLDER = 0o040000;
const FILE = 0o100000;

/** Every folder on the way to a file is made first. */
export function makeArchive(files: readonly ArchiveEntry[]): Buffer {
  const folders = new Set(files.flatMap(({ path }) => ancestors(path)));
  const entries = [
    ...[...folders].map((path) => entry(path, FOLDER | 0o755, new Uint8Array(0))),
    ...files.map(({ path, mode, content }) => entry(path, FILE | mode, content)),
    entry('TRAILER!!!', 0, new Uint8Array(0)),
  ];
  return Buffer.concat(entries);
}

function ancestors(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_part, index) => parts.slice(0, index + 1).join('/'));
}

let inode = 0;

function entry(path: string, mode: number, content: Uint8Array): Buffer {
  const name = Buffer.from(`${path}\0`);
  // ino, mode, uid, gid, nlink, mtime, filesize, devmajor, devminor, rdevmajor, rdevminor, namesize, check
  const fields = [++inode, mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, name.length, 0];
  const head = Buffer.from(`070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`);
  return Buffer.concat([padded(Buffer.concat([head, name])), padded(content)]);
}

function padded(bytes: Uint8Array): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
}
