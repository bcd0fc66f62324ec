// Which hours of a table an appliance has in the archive, in which file and revision.

import { dayFolder, type HourSidecar, hourName, listed, monthFolder, ownHours, ownSidecar } from './day-folder.ts';
import { joinedSidecar, type Span } from './joined-file.ts';

/** What its file and its folders are named by. */
const HOUR = /^\d{4}-\d{2}-\d{2}T\d{2}:00:00\.000Z$/;

/** Sidecars of months and days are read once; the writer of such a file reads it again. */
export class SiteHours {
  readonly root: string;
  readonly #joined = new Map<string, ReadonlyMap<string, HourSidecar>>();

  constructor(root: string) {
    this.root = root;
  }

  /** Months with rows, sorted. */
  months(): string[] {
    const ofDays = listed(this.root, 'date=').map((date) => date.slice(0, 'YYYY-MM'.length));
    return [...new Set([...ofDays, ...listed(this.root, 'month=')])].toSorted();
  }

  /** Days of a month with rows, sorted. */
  days(month: string): string[] {
    const folders = listed(this.root, 'date=').filter((date) => date.startsWith(month));
    const inMonth = [...this.ofMonth(month).keys()].map((stamp) => stamp.slice(0, 'YYYY-MM-DD'.length));
    return [...new Set([...folders, ...inMonth])].toSorted();
  }

  /** Hours (`2026-01-31T07`) of a day, sorted. */
  hours(date: string): string[] {
    const own = ownHours(dayFolder(this.root, date)).map((hour) => `${date}T${hour}`);
    const inMonth = [...this.ofMonth(date).keys()].filter((stamp) => stamp.startsWith(date));
    return [...new Set([...own, ...this.ofDay(date).keys(), ...inMonth])].toSorted();
  }

  /** The newest of an hour, in a file of its own, of its day or of its month. */
  sidecar(stamp: string): HourSidecar | undefined {
    const own = ownSidecar(dayFolder(this.root, stamp), hourName(stamp));
    return own ?? this.ofDay(stamp).get(stamp) ?? this.ofMonth(stamp).get(stamp);
  }

  /** Whether there are rows of the hour in a joined file, in whatever revision. */
  isJoined(stamp: string): boolean {
    return [this.ofDay(stamp), this.ofMonth(stamp)].some((hours) => (hours.get(stamp)?.rows ?? 0) > 0);
  }

  ofDay(stamp: string): ReadonlyMap<string, HourSidecar> {
    return this.#listed(dayFolder(this.root, stamp), 'day');
  }

  ofMonth(stamp: string): ReadonlyMap<string, HourSidecar> {
    return this.#listed(monthFolder(this.root, stamp), 'month');
  }

  #listed(folder: string, span: Span): ReadonlyMap<string, HourSidecar> {
    const known = this.#joined.get(folder);
    if (known !== undefined) return known;
    const listedHours = Object.values<Partial<HourSidecar> | null>(joinedSidecar(folder, span)?.hours ?? {});
    const sidecars = listedHours.filter((own): own is HourSidecar => HOUR.test(String(own?.hour)));
    const hours = new Map(sidecars.map((own) => [own.hour.slice(0, 'YYYY-MM-DDTHH'.length), own]));
    this.#joined.set(folder, hours);
    return hours;
  }
}
