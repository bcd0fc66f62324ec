// The work of the analysis thread: a little of every device in turn, finished slices out at once, open ones when somebody
// asks. Started by analysis-worker.ts; takes its messages and its time from there.

import type { DeviceKey } from '../../model/mac.ts';
import type { CatalogSegment } from '../tail/segment-catalog.ts';
import {
  type Checkpoint,
  type FromWorker,
  type LiveQuestion,
  sizeOf,
  type ToWorker,
  type Unstored,
} from './analysis-messages.ts';
import { DeviceFold, type FoldRoom } from './device-fold.ts';
import { ReadMarks } from './read-marks.ts';

/** Of one device before the next has its turn: some milliseconds of work. */
const STEP_BYTES = 256 * 1024;
/** Finished slices on their way to the index; with so many or so much of them analysis waits, so that memory stays bounded. */
const MAX_UNSTORED = 64;
/** Finished slices that the index has not taken yet; then reading waits. */
const MAX_UNSTORED_BYTES = 4 * 1024 * 1024;
const TRAFFIC_MS = 250;
const LOAD_MS = 1000;
/** A round takes some time: so much is not called behind. */
const UP_TO_DATE_SECONDS = 0.5;

/** A device, and since when something of it can wait. */
interface Follower {
  readonly fold: DeviceFold;
  readonly marks: ReadMarks;
}

export class AnalysisLoop {
  readonly #room: FoldRoom;
  readonly #send: (message: FromWorker) => void;
  readonly #now: () => number;
  readonly #folds = new Map<DeviceKey, Follower>();
  readonly #checkpoints: ReadonlyMap<DeviceKey, Checkpoint>;
  #unstored: Unstored = { slices: 0, bytes: 0 };
  #packets = 0;
  #bytes = 0;
  #quarantined: number;
  #trafficDue = 0;
  #loadDue = 0;

  /** `now`: monotonic milliseconds. */
  constructor(
    room: FoldRoom,
    checkpoints: readonly Checkpoint[],
    send: (message: FromWorker) => void,
    now: () => number,
  ) {
    this.#room = room;
    this.#send = send;
    this.#now = now;
    this.#checkpoints = new Map(checkpoints.map((checkpoint) => [checkpoint.device, checkpoint]));
    this.#quarantined = room.quarantine.packets;
  }

  receive(message: ToWorker): void {
    if (message.type === 'stored') this.#count(message, -1);
    else if (message.type === 'ask') this.#tellLive(message);
    else for (const segment of message.segments) this.#follower(segment).fold.announce(segment);
  }

  /** One round. True when there was work: the next round should follow at once. */
  turn(): boolean {
    let moved = false;
    for (const follower of this.#folds.values()) moved = this.#advance(follower) || moved;
    this.#tellTraffic();
    this.#tellLoad();
    this.#tellQuarantine();
    this.#room.progress.idle();
    return moved;
  }

  get #hasRoom(): boolean {
    return this.#unstored.slices < MAX_UNSTORED && this.#unstored.bytes < MAX_UNSTORED_BYTES;
  }

  #count({ slices, bytes }: Unstored, sign: 1 | -1): void {
    this.#unstored = { slices: this.#unstored.slices + sign * slices, bytes: this.#unstored.bytes + sign * bytes };
  }

  #follower({ device }: CatalogSegment): Follower {
    const known = this.#folds.get(device);
    if (known !== undefined) return known;
    const fold = new DeviceFold(device, this.#room, this.#checkpoints.get(device));
    const follower = { fold, marks: new ReadMarks(this.#now()) };
    this.#folds.set(device, follower);
    return follower;
  }

  #advance(follower: Follower): boolean {
    const { fold, marks } = follower;
    const before = this.#now();
    const step = this.#hasRoom ? fold.step(STEP_BYTES) : undefined;
    const isAllRead = step === 'idle' ? !fold.hasNext : step === 'moved' && fold.hasReadAll;
    if (isAllRead) marks.readAll(before);
    else this.#mark(follower);
    if (step === undefined) return false;
    if (step === 'finished') {
      const segment = fold.take();
      if (segment === undefined) return false;
      this.#count(sizeOf(segment), 1);
      this.#packets += segment.packets;
      this.#bytes += segment.bytes - segment.from;
      this.#send({ type: 'finished', segment });
    }
    if (this.#room.meter?.isFull) this.#tellTraffic();
    return step !== 'idle';
  }

  #mark({ fold, marks }: Follower): void {
    marks.readTo(fold.place);
    const now = this.#now();
    if (marks.isDue(now) && fold.hasWork) marks.mark(now, fold.end());
  }

  #tellLive({ device, have }: LiveQuestion): void {
    this.#send({ type: 'live', device, live: this.#folds.get(device)?.fold.live(have) ?? 'none' });
  }

  #tellTraffic(): void {
    if (this.#now() < this.#trafficDue && !this.#room.meter?.isFull) return;
    const cells = this.#room.meter?.take() ?? [];
    if (cells.length > 0) this.#send({ type: 'traffic', cells });
    this.#trafficDue = this.#now() + TRAFFIC_MS;
  }

  #tellLoad(): void {
    if (this.#now() < this.#loadDue) return;
    let bytes = 0;
    let segments = 0;
    const unread = { segments: 0, bytes: 0 };
    let packets = this.#packets;
    let analysed = this.#bytes;
    const now = this.#now();
    let oldest = now;
    for (const { fold, marks } of this.#folds.values()) {
      const backlog = fold.backlog();
      bytes += backlog.bytes;
      segments += backlog.segments;
      unread.segments += fold.unread.segments;
      unread.bytes += fold.unread.bytes;
      packets += fold.packets;
      analysed += fold.bytes;
      oldest = Math.min(oldest, marks.upToDate);
    }
    const behind = (now - oldest) / 1000;
    const lag_seconds = behind < UP_TO_DATE_SECONDS ? 0 : behind;
    this.#send({
      type: 'load',
      backlog_bytes: bytes,
      backlog_segments: segments,
      unread_segments: unread.segments,
      unread_bytes: unread.bytes,
      packets,
      bytes: analysed,
      lag_seconds,
    });
    this.#loadDue = now + LOAD_MS;
  }

  #tellQuarantine(): void {
    if (this.#room.quarantine.packets === this.#quarantined) return;
    this.#quarantined = this.#room.quarantine.packets;
    this.#send({ type: 'quarantine', list: this.#room.quarantine.list() });
  }
}
