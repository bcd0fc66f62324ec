// The current route as a signal, following the address bar. Moving to another view puts the keyboard at its heading.

import { signal } from '@preact/signals';
import { parseRoute, type Route } from './route.ts';

export const route = signal<Route>(parseRoute(location.hash));

export function followAddressBar(): void {
  addEventListener('hashchange', () => {
    const next = parseRoute(location.hash);
    const moved = next.view !== route.value.view || next.id !== route.value.id;
    route.value = next;
    if (moved) requestAnimationFrame(focusHeading);
  });
}

function focusHeading(): void {
  scrollTo(0, 0);
  document.querySelector<HTMLElement>('main h1')?.focus({ preventScroll: true });
}

/** Changes one query value of the current view without a new entry in the history. */
export function setQuery(name: string, value: string): void {
  const query = new URLSearchParams(route.value.query);
  if (value === '') query.delete(name);
  else query.set(name, value);
  const path = location.hash.split('?', 1)[0] || '#/devices';
  const tail = query.size > 0 ? `?${query.toString()}` : '';
  history.replaceState(null, '', `${path}${tail}`);
  route.value = parseRoute(location.hash);
}
