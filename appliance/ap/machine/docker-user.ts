// Docker sets the policy of forwarding to DROP and leaves one chain to others, DOCKER-USER: where it is, what comes from and goes to
// the bridge is accepted there. It opens nothing: the fence (render-firewall.ts) is asked as well. The rules bear our word, so that a
// stop, also one after a crash, takes back these and no others. Called by apply.ts and changes.ts.

import { run } from './machine.ts';

const CHAIN = 'DOCKER-USER';
const WORD = 'weir-ap';
/** Both may be on a machine, each with rules that the other does not see; the first name is one of them. */
const TOOLS = ['iptables', 'iptables-nft', 'iptables-legacy'] as const;
/** `-S` quotes the word or not, by version. */
const OURS = /^-A DOCKER-USER (-[io]) (\S+) -m comment --comment "?weir-ap"? -j ACCEPT$/;

/** Adds what is missing. */
export async function acceptInDocker(bridge: string): Promise<void> {
  for (const tool of TOOLS) {
    if ((await run(tool, wait('-S', CHAIN))).code !== 0) continue;
    for (const way of ['-i', '-o'] as const) {
      const rule = ruleOf(way, bridge);
      if ((await run(tool, wait('-C', CHAIN, ...rule))).code !== 0) await run(tool, wait('-I', CHAIN, ...rule));
    }
  }
}

/** Of whatever bridge: its name may have been another when they were added. */
export async function removeFromDocker(): Promise<void> {
  for (const tool of TOOLS) {
    const { code, out } = await run(tool, wait('-S', CHAIN));
    if (code !== 0) continue;
    for (const line of out.split('\n')) {
      const [, way, bridge] = OURS.exec(line.trim()) ?? [];
      if (way !== undefined && bridge !== undefined) await run(tool, wait('-D', CHAIN, ...ruleOf(way, bridge)));
    }
  }
}

function ruleOf(way: string, bridge: string): string[] {
  return [way, bridge, '-m', 'comment', '--comment', WORD, '-j', 'ACCEPT'];
}

/** Docker itself may be writing. */
function wait(...args: readonly string[]): string[] {
  return ['-w', '5', ...args];
}
