// Who may open the invented appliance, for looking at the view; access.test.ts has the real one.

import type { SessionsResponse, TokensResponse } from '../../appliance/publish/schemas/access.ts';

const at = (minutesAgo: number) => new Date(Date.now() - minutesAgo * 60_000).toISOString();

export function sessionsOf(): SessionsResponse {
  const agent = 'Mozilla/5.0 (X11; Linux aarch64; rv:140.0) Gecko/20100101 Firefox/140.0';
  return {
    sessions: [
      { id: '0123456789abcdef', address: '192.0.2.9', agent, opened: at(30), last_use: at(0), current: true },
      {
        id: 'fedcba9876543210',
        address: '2001:db8:0:1:211:22ff:fe33:4455',
        agent,
        opened: at(4000),
        last_use: at(600),
        current: false,
      },
      {
        id: '00000000deadbeef',
        address: '192.0.2.44',
        agent: '<b>curl</b>',
        opened: null,
        last_use: at(90),
        current: false,
      },
    ],
  };
}

export function tokensOf(): TokensResponse {
  return {
    tokens: [
      { name: 'home-assistant', scopes: ['summaries', 'control'], created: at(90_000), expires: null, last_use: at(1) },
      { name: 'prometheus', scopes: ['metrics'], created: at(50_000), expires: at(-500_000), last_use: null },
    ],
  };
}
