// What a disk error means for a person: which problem it is, and what to do about it. Pure.

interface Problem {
  readonly what: string;
  readonly advice: string;
}

const MAKE_ROOM = 'delete or export captures';

const TROUBLES: Readonly<Record<string, Problem>> = {
  ENOSPC: { what: 'the disk is full', advice: MAKE_ROOM },
  EDQUOT: { what: 'the disk quota is used up', advice: `${MAKE_ROOM}, or raise the quota` },
  EROFS: { what: 'the disk has become read-only', advice: 'restart the appliance: that repairs or names the damage' },
  EIO: { what: 'the disk reports errors', advice: 'save what is there and replace the disk' },
};

const NO_INODES: Problem = { what: 'the disk takes no more files: its inodes are used up', advice: MAKE_ROOM };
const UNKNOWN: Problem = { what: 'the disk fails', advice: 'check the disk' };

/** `reason`: the system code first, as the disk gate keeps it (`EIO on sync`). */
export function diskProblem(reason: string, inodesGone: boolean): string {
  const code = /^[A-Z]+/.exec(reason)?.[0] ?? '';
  const { what, advice } = code === 'ENOSPC' && inodesGone ? NO_INODES : (TROUBLES[code] ?? UNKNOWN);
  return `${what} (${reason}); frames wait in memory, then are counted as lost; capture tries again by itself; ${advice}`;
}
