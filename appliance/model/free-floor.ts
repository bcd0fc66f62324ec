// How much of a file system captures leave free. Retention, exports and the check-up ask here, so that they agree.

/** The larger of both counts. */
export interface FreeFloor {
  /** Bytes. */
  readonly bytes: number;
  /** Of the file system, 0 to 0.9. */
  readonly share: number;
}

/** As settings say it (`retention.free_bytes`, `retention.free_percent`). */
export function freeFloor(retention: { readonly free_bytes: number; readonly free_percent: number }): FreeFloor {
  return { bytes: retention.free_bytes, share: retention.free_percent / 100 };
}

/** Bytes that stay free on a file system of so many. */
export function floorBytes(floor: FreeFloor, totalBytes: number): number {
  return Math.max(floor.bytes, Math.ceil(totalBytes * floor.share));
}
