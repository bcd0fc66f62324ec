// Which view the address bar asks for: `#/devices/aabbcc000102?phase=idle`. Pure parsing; `navigation.ts` holds the signal.

export const VIEWS = ['devices', 'live', 'destinations', 'findings', 'captures', 'health', 'access'] as const;
export type View = (typeof VIEWS)[number];

export interface Route {
  readonly view: View;
  /** Second part of the path: a device id in `devices`. */
  readonly id: string | undefined;
  readonly query: URLSearchParams;
}

export const VIEW_TITLES: Readonly<Record<View, string>> = {
  devices: 'Devices',
  live: 'Live',
  destinations: 'Destinations',
  findings: 'Findings',
  captures: 'Captures',
  health: 'Health',
  access: 'Access',
};

/** Anything that is no known view is `devices`, the first one. */
export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const [first = '', second] = path.split('/', 2);
  const view = VIEWS.find((name) => name === first) ?? 'devices';
  return { view, id: second === undefined || second === '' ? undefined : second, query: new URLSearchParams(query) };
}

/** The address of a view; empty query values are left out. */
export function href(view: View, id?: string, query: Readonly<Record<string, string | undefined>> = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value) parameters.set(name, value);
  const tail = parameters.size > 0 ? `?${parameters.toString()}` : '';
  return `#/${view}${id === undefined ? '' : `/${encodeURIComponent(id)}`}${tail}`;
}
