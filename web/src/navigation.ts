// The current route as a signal, following the address bar. Moving to another view puts the keyboard at its heading.

import { signal } from '@preact/signals';
import { parseRoute, type Route } from './route.ts';
import { RANGE_KEYS } from './time/span.ts';

export const route = signal<Route>(parseRoute(location.hash));

export function followAddressBar(): void {
  addEventListener('hashchange', () => {
    const next = keepRange(parseRoute(location.hash));
    const moved = next.view !== route.value.view || next.id !== route.value.id;
    route.value = next;
    if (moved) requestAnimationFrame(focusHeading);
  });
}

/** The view that was moved to has no heading yet. */
let isAwaited = false;

function focusHeading(): void {
  scrollTo(0, 0);
  const heading = document.querySelector<HTMLElement>('main h1');
  isAwaited = heading === null;
  heading?.focus({ preventScroll: true });
}

/** Called by a view that was loaded after somebody moved to it. */
export function headingIsThere(): void {
  if (isAwaited) focusHeading();
}

/** Changes one query value of the current view without a new entry in the history. */
export function setQuery(name: string, value: string): void {
  setQueries({ [name]: value });
}

/** Several at once; empty ones are taken out. */
export function setQueries(values: Readonly<Record<string, string>>): void {
  const query = new URLSearchParams(route.value.query);
  for (const [name, value] of Object.entries(values))
    if (value === '') query.delete(name);
    else query.set(name, value);
  replaceQuery(query);
  route.value = parseRoute(location.hash);
}

function replaceQuery(query: URLSearchParams): void {
  const path = location.hash.split('?', 1)[0] || '#/devices';
  const tail = query.size > 0 ? `?${query.toString()}` : '';
  history.replaceState(null, '', `${path}${tail}`);
}

/** The range of time that was looked at is looked at in the next view as well, unless the link names one. */
function keepRange(next: Route): Route {
  const kept = RANGE_KEYS.flatMap((name) => {
    const value = route.value.query.get(name);
    return value === null ? [] : [[name, value] as [string, string]];
  });
  if (kept.length === 0 || RANGE_KEYS.some((name) => next.query.has(name))) return next;
  replaceQuery(new URLSearchParams([...next.query, ...kept]));
  return parseRoute(location.hash);
}
