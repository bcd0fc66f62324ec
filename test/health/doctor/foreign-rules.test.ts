// Rules of others that stop the access point, in the forms in which Docker, ufw, firewalld and people load them: nft reports them in
// a network namespace, the check-up names chain and remedy, and the remedy is then really loaded and asked again.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, type TestContext, test } from 'node:test';
import { collectFirewall } from '../../../appliance/health/doctor/collect/firewall.ts';
import { type Host, systemHost } from '../../../appliance/health/doctor/host.ts';
import { type Look, seen, unseen } from '../../../appliance/health/doctor/look.ts';
import { makeReport } from '../../../appliance/health/doctor/report.ts';
import { withoutCases } from '../../cases/case-document.ts';
import { network } from './changes.ts';
import { apConfig, healthyFacts } from './facts.ts';

/** What nft reports after it took these lines, in a namespace of its own; undefined where it may not. */
function loaded(rules: string): string | undefined {
  const script = 'nft -f - && nft -j list ruleset';
  // nft wants each block to end its line.
  const input = rules.replace(/\} +(?=chain|\})/g, '}\n');
  const done = spawnSync('unshare', ['--net', 'sh', '-c', script], { input, encoding: 'utf8' });
  return done.status === 0 ? done.stdout : undefined;
}

function mayLoad(t: TestContext): boolean {
  if (loaded('table ip a { }') !== undefined) return true;
  t.skip('SKIPPED: no nft, or no right to make a network namespace: foreign rules are not tried for real');
  return false;
}

type Answers = Readonly<Record<string, string>>;

function hostOf(answers: Answers, files: Answers = {}): Host {
  return {
    ...systemHost,
    isRoot: true,
    read: async (path) => files[path],
    run: async (program, args): Promise<Look<string>> => {
      const answer = answers[[program, ...args].join(' ')];
      return answer === undefined ? unseen(`${program} is not installed`) : seen(answer);
    },
  };
}

async function judged(host: Host) {
  const { rules } = await collectFirewall(host, apConfig());
  const report = makeReport(network({ rules })(healthyFacts()), '0.1.0');
  const found = report.checks.find(({ id }) => id === 'foreign-rules');
  assert.ok(found);
  return { verdict: found.verdict, seen: found.seen, fix: found.fix, all: report.verdict };
}

const NFT = 'nft -j list ruleset';
const judgedNft = (rules: string) => judged(hostOf({ [NFT]: loaded(rules) ?? '' }));
const judgedLegacy = (text: string) =>
  judged(
    hostOf({ [NFT]: '{"nftables": []}', 'iptables-legacy -S': text }, { '/proc/net/ip_tables_names': 'nat\nfilter\n' }),
  );

/** Rules as text of nft, with what must be said of them. */
interface Foreign {
  readonly what: string;
  readonly rules: string;
  readonly verdict: 'fail' | 'warn';
  readonly seen: RegExp;
  readonly fix: string;
}

const OUT_AND_BACK = (chain: string) =>
  `nft insert rule ${chain} iifname br-weir accept && nft insert rule ${chain} oifname br-weir accept`;

const forward = (body: string, priority = 'filter', policy = 'drop') =>
  `chain FORWARD { type filter hook forward priority ${priority}; policy ${policy}; ${body} }`;

const STOPPING: readonly Foreign[] = [
  {
    what: 'a bare chain with policy drop',
    rules: `table ip filter { ${forward('')} }`,
    verdict: 'fail',
    seen: /^ip filter FORWARD \(hook forward, policy drop\) stops what devices send and the answers$/,
    fix: OUT_AND_BACK('ip filter FORWARD'),
  },
  {
    what: "Docker's chains, with the chain that it keeps for others",
    rules: `table ip filter {
      chain DOCKER { iifname != "docker0" oifname "docker0" drop; }
      chain DOCKER-USER { }
      chain DOCKER-CT { oifname "docker0" ct state related,established counter accept; }
      chain DOCKER-FORWARD { jump DOCKER-CT; oifname "docker0" jump DOCKER; iifname "docker0" counter accept; }
      ${forward('counter jump DOCKER-USER; counter jump DOCKER-FORWARD;')} }`,
    verdict: 'fail',
    seen: /ip filter FORWARD/,
    fix: 'iptables -I DOCKER-USER -i br-weir -j ACCEPT && iptables -I DOCKER-USER -o br-weir -j ACCEPT',
  },
  {
    what: 'a DOCKER-USER that is asked too late',
    rules: `table ip filter { chain DOCKER-USER { } ${forward('ip saddr 10.0.0.0/8 drop; jump DOCKER-USER;', 'filter', 'accept')} }`,
    verdict: 'fail',
    seen: /FORWARD \(hook forward, policy accept\) stops what devices send$/,
    fix: 'nft insert rule ip filter FORWARD iifname br-weir accept',
  },
  {
    what: 'a chain of that name in a table that iptables does not see',
    rules: `table inet own { chain DOCKER-USER { } ${forward('jump DOCKER-USER;')} }`,
    verdict: 'fail',
    seen: /^inet own FORWARD/,
    fix: OUT_AND_BACK('inet own FORWARD'),
  },
  {
    what: "ufw's chains, which let answers through",
    rules: `table ip filter {
      chain ufw-user-forward { }
      chain ufw-before-forward { ct state related,established accept; icmp type echo-request accept; jump ufw-user-forward; }
      ${forward('jump ufw-before-forward;')} }`,
    verdict: 'fail',
    seen: /stops what devices send$/,
    fix: 'ufw route allow in on br-weir',
  },
  {
    what: "firewalld's table, which refuses at its end",
    rules: `table inet firewalld {
      chain FWD_public { ip protocol icmp accept; }
      chain POLICIES { iifname "eth0" oifname "eth0" jump FWD_public; iifname "br-weir" jump FWD_public; reject with icmpx admin-prohibited; }
      chain FORWARD { type filter hook forward priority filter + 10; policy accept;
        ct state { established, related } accept; ct status dnat accept; iifname "lo" accept;
        ct state invalid drop; ip6 daddr { ::/96 } reject; jump POLICIES; } }`,
    verdict: 'fail',
    seen: /^inet firewalld FORWARD \(hook forward, policy accept\) stops what devices send$/,
    fix: 'firewall-cmd --permanent --zone=trusted --add-interface=br-weir && firewall-cmd --reload',
  },
  {
    what: 'a chain of a priority far before ours that lets one interface out',
    rules: `table inet mine { ${forward('iifname "lan*" accept; ct state vmap { established : accept, related : accept, invalid : drop };', '-150')} }`,
    verdict: 'fail',
    seen: /^inet mine FORWARD .*stops what devices send$/,
    fix: 'nft insert rule inet mine FORWARD iifname br-weir accept',
  },
  {
    what: 'a chain that lets devices out and keeps the answers',
    rules: `table ip late { set out { type ifname; elements = { "br-weir", "eth9" } } ${forward('iifname @out accept;', '500')} }`,
    verdict: 'fail',
    seen: /^ip late FORWARD .*stops the answers to devices$/,
    fix: 'nft insert rule ip late FORWARD oifname br-weir accept',
  },
  {
    what: 'a chain after the way was chosen',
    rules:
      'table ip strict { chain post { type filter hook postrouting priority 50; policy drop; oifname "br-weir" accept; } }',
    verdict: 'fail',
    seen: /^ip strict post \(hook postrouting, policy drop\) stops what devices send$/,
    fix: 'nft insert rule ip strict post oifname eth0 accept',
  },
  {
    what: 'connections that are not noted, so that nothing is translated',
    rules: 'table ip raw { chain pre { type filter hook prerouting priority raw; iifname "br-weir" notrack; } }',
    verdict: 'fail',
    seen: /^ip raw pre \(hook prerouting, policy accept\) stops what devices send$/,
    fix: 'nft insert rule ip raw pre iifname br-weir accept',
  },
  {
    what: 'rules of which it is not known whether they accept',
    rules: `table ip filter { ${forward('meta mark 7 accept; oifname "br-weir" accept;')} }`,
    verdict: 'warn',
    seen: /may stop what devices send$/,
    fix: 'nft insert rule ip filter FORWARD iifname br-weir accept',
  },
];

/** What leaves the access point alone. */
const HARMLESS: readonly (readonly [string, string])[] = [
  ['no rules at all', ''],
  [
    'a dropping chain that accepts the bridge both ways',
    `table ip filter { ${forward('iifname "br-weir" accept; oifname "br-weir" accept;')} }`,
  ],
  [
    'one that accepts its network, and answers by their state',
    `table inet mine { ${forward('ct state vmap { established : accept, related : accept }; ip saddr { 10.77.0.0/24, 192.168.0.0-192.168.3.255 } tcp dport { 80, 400-500 } accept;')} }`,
  ],
  [
    'accept rules in the chain that Docker keeps for others',
    `table ip filter { chain DOCKER-USER { iifname "br-weir" accept; oifname "br-weir" counter accept; } ${forward('jump DOCKER-USER;')} }`,
  ],
  [
    'a map of interfaces',
    `table ip m { chain yes { accept; } ${forward('iifname vmap { "br-weir" : jump yes, "eth0" : goto yes };')} }`,
  ],
  ['a wall for IPv6, which Weir itself does not forward', `table ip6 filter { ${forward('')} }`],
  [
    'a wall before the appliance itself',
    'table inet f { chain input { type filter hook input priority 0; policy drop; } }',
  ],
  [
    'refusals that are for others',
    `table ip f { ${forward('iifname "eth7" drop; ip daddr 172.16.0.0/12 drop; udp dport 443 reject; limit rate over 9000/second drop;', 'filter', 'accept')} }`,
  ],
  ["Weir's own table, which is judged elsewhere", `table inet weir { ${forward('')} }`],
];

describe('foreign rules', () => {
  for (const { what, rules, verdict, seen: reported, fix } of STOPPING) {
    test(`${what}: ${verdict}, and the named line mends it`, (t) =>
      checkStop(t, { what, rules, verdict, seen: reported, fix }));
  }

  for (const [what, rules] of HARMLESS) {
    test(`${what}: nothing to say`, async (t) => {
      if (!mayLoad(t)) return;
      const found = await judgedNft(rules);
      assert.deepEqual([found.verdict, found.all], ['ok', 'ok'], found.seen);
    });
  }

  test('case 36: what Docker makes at its start is a fail with chain and remedy', { skip: withoutCases }, async (t) => {
    if (!mayLoad(t)) return;
    const found = await judgedNft(`table ip filter { ${forward('')} }`);
    assert.equal(found.all, 'fail');
    assert.match(`${found.seen} ${found.fix}`, /ip filter FORWARD .*br-weir/);
  });
});

/** The remedy is loaded as well where it is one of nft; those of other programs are in `FORWARD`'s own words. */
async function checkStop(t: TestContext, { rules, verdict, seen: reported, fix }: Foreign): Promise<void> {
  if (!mayLoad(t)) return;
  const found = await judgedNft(rules);
  assert.equal(found.verdict, verdict, found.seen);
  assert.match(found.seen, reported);
  assert.equal(found.fix, fix);
  if (!fix.startsWith('nft ')) return;
  const mending = fix.replaceAll('nft insert', 'insert').replaceAll(' && ', '\n');
  assert.equal((await judgedNft(`${rules}\n${mending}\n`)).verdict, 'ok');
}

describe('rules of iptables', () => {
  const DOCKER = `-P INPUT ACCEPT
-P FORWARD DROP
-P OUTPUT ACCEPT
-N DOCKER-USER
-A FORWARD -j DOCKER-USER
-A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FORWARD -i docker0 ! -o docker0 -j ACCEPT
`;

  test('a legacy policy of drop is named, with iptables-legacy in its remedy', async () => {
    const found = await judgedLegacy('-P INPUT ACCEPT\n-P FORWARD DROP\n-P OUTPUT ACCEPT\n');
    assert.equal(found.verdict, 'fail');
    assert.match(found.seen, /^legacy ip filter FORWARD \(hook forward, policy drop\)/);
    assert.equal(
      found.fix,
      'iptables-legacy -I FORWARD -i br-weir -j ACCEPT && iptables-legacy -I FORWARD -o br-weir -j ACCEPT',
    );
  });

  test("Docker's legacy chains are mended in the one that it keeps for others", async () => {
    assert.match(
      (await judgedLegacy(DOCKER)).fix,
      /^iptables-legacy -I DOCKER-USER -i br-weir -j ACCEPT && .* -o br-weir/,
    );
    const mended = `${DOCKER}-A DOCKER-USER -i br-weir -m comment --comment "let -j DROP out" -j ACCEPT\n-A DOCKER-USER -o br+ -j ACCEPT\n`;
    assert.equal((await judgedLegacy(mended)).verdict, 'ok');
  });

  test('a refusal of others, answers by state and devices by network leave it alone', async () => {
    const rules = `-P FORWARD DROP
-A FORWARD ! -i br-weir -p udp -m multiport --dports 1:9,53 -j REJECT --reject-with icmp-port-unreachable
-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FORWARD -s 10.77.0.0/16 -p tcp -m tcp --dport 400:500 -j ACCEPT
`;
    assert.equal((await judgedLegacy(rules)).verdict, 'ok');
    assert.equal((await judgedLegacy(rules.replace('10.77.0.0/16', '10.78.0.0/16'))).verdict, 'fail');
    assert.equal(
      (await judgedLegacy(rules.replace('10.77.0.0/16', '10.77.0.0/16 -m set --match-set s src'))).verdict,
      'warn',
    );
  });

  test('legacy rules that nothing can read are not known, rather than well', async () => {
    const found = await judged(hostOf({ [NFT]: '{"nftables": []}' }, { '/proc/net/ip_tables_names': 'filter\n' }));
    assert.equal(found.verdict, 'unknown');
    assert.match(found.seen, /legacy rules of iptables are loaded, and iptables-legacy is not installed/);
  });

  test('what nft cannot read of its own tables is asked of iptables-nft', async () => {
    const at = { family: 'ip', table: 'filter' };
    const nft = JSON.stringify({
      nftables: [
        { chain: { ...at, name: 'FORWARD', hook: 'forward', prio: 0, policy: 'drop' } },
        { rule: { ...at, chain: 'FORWARD', expr: [{ xt: null }, { counter: {} }, { accept: null }] } },
      ],
    });
    assert.equal((await judged(hostOf({ [NFT]: nft }))).verdict, 'warn');
    const reported = '-P FORWARD DROP\n-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n';
    const found = await judged(hostOf({ [NFT]: nft, 'iptables-nft -S': reported }));
    assert.deepEqual([found.verdict, found.fix], ['fail', 'nft insert rule ip filter FORWARD iifname br-weir accept']);
  });
});

describe('extensions of iptables, as nft reports them', () => {
  const at = { family: 'ip', table: 'mangle', chain: 'FORWARD' };
  const chain = { family: 'ip', table: 'mangle', name: 'FORWARD', hook: 'forward', prio: -150, policy: 'accept' };
  const judgedRule = async (...expr: unknown[]) =>
    (await judged(hostOf({ [NFT]: JSON.stringify({ nftables: [{ chain }, { rule: { ...at, expr } }] }) }))).verdict;
  const extension = (type: string, name: string) => ({ xt: { type, name } });

  test('REJECT refuses, LOG goes on, a comment asks nothing, other matches are doubts', async () => {
    assert.equal(await judgedRule(extension('target', 'REJECT')), 'fail');
    assert.equal(
      await judgedRule(extension('match', 'comment'), { counter: {} }, extension('target', 'REJECT')),
      'fail',
    );
    assert.equal(await judgedRule(extension('target', 'LOG')), 'ok');
    assert.equal(await judgedRule(extension('match', 'addrtype'), { drop: null }), 'ok');
  });
});

describe('hostile rulesets', () => {
  const at = { family: 'ip', table: 't' };
  const base = { chain: { ...at, name: 'c', hook: 'forward', prio: 0, policy: 'drop' } };
  const judgedJson = (...entries: unknown[]) => judged(hostOf({ [NFT]: JSON.stringify({ nftables: entries }) }));

  test('names that a shell would take for commands are in no remedy', async () => {
    const chain = { ...base.chain, name: 'c; reboot #\n' };
    const found = await judgedJson({ chain });
    assert.equal(found.verdict, 'fail');
    assert.doesNotMatch(found.fix, /reboot/);
    assert.match(found.seen, /^[^\u0000-\u001f]*$/);
  });

  test('chains that call each other in circles come to an end, and nothing is claimed of them', async () => {
    const jump = { rule: { ...at, chain: 'c', expr: [{ jump: { target: 'c' } }] } };
    assert.equal((await judgedJson(base, ...Array.from({ length: 40 }, () => jump))).verdict, 'warn');
  });

  test('a table that sleeps is not asked by the kernel', async () => {
    const table = (flags: unknown) => ({ table: { family: 'ip', name: 't', flags } });
    assert.equal((await judgedJson(table(['dormant']), base)).verdict, 'ok');
    assert.equal((await judgedJson(table('dormant'), base)).verdict, 'ok');
    assert.equal((await judgedJson(table(['owner']), base)).verdict, 'fail');
  });

  test('entries of any other form are doubts', async () => {
    const odd = [
      null,
      7,
      [],
      'x',
      {},
      { match: null },
      { vmap: { key: 3 } },
      { match: { op: 5, left: [], right: {} } },
    ];
    const rules = odd.map((one) => ({ rule: { ...at, chain: 'c', expr: [one, { accept: null }] } }));
    assert.equal(
      (await judgedJson(null, 3, [], { chain: 5 }, { rule: 'x' }, { set: [] }, base, ...rules)).verdict,
      'warn',
    );
    assert.equal((await judgedJson(null)).verdict, 'ok');
    for (const text of ['[]', 'null', '7', '{"nftables": {}}', '{'])
      assert.equal((await judged(hostOf({ [NFT]: text }))).verdict, 'unknown', text);
    const named = {
      rule: {
        ...at,
        chain: 'c',
        expr: [{ match: { op: '==', left: { meta: { key: '__proto__' } }, right: '@constructor' } }],
      },
    };
    assert.equal((await judgedJson(base, named)).verdict, 'fail');
  });
});
