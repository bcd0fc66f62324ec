// Networks for the proxy's test: a phone and another device on a bridge, the appliance, and the cloud behind it.

import { execFileSync } from 'node:child_process';

export const PHONE_MAC = '02:00:00:00:07:01';
export const ADDRESSES = [10, 11, 12, 13, 14, 15].map((last) => `203.0.113.${last}`);
export const tag = `wp${process.pid}`;
export const [phone, other, router, cloudNet] = ['p', 'o', 'r', 'c'].map((name) => `${tag}${name}`) as [
  string,
  string,
  string,
  string,
];

export const at = (net: string, ...words: readonly string[]): string =>
  execFileSync('ip', ['netns', 'exec', net, ...words], { encoding: 'utf8' });
export const prefix = (net: string): readonly string[] => ['ip', 'netns', 'exec', net];

export function makeNetworks(): void {
  for (const net of [phone, other, router, cloudNet]) {
    execFileSync('ip', ['netns', 'add', net]);
    at(net, 'ip', 'link', 'set', 'lo', 'up');
  }
  at(router, 'ip', 'link', 'add', 'br0', 'type', 'bridge');
  at(router, 'ip', 'addr', 'add', '10.9.0.1/24', 'dev', 'br0');
  at(router, 'ip', 'link', 'set', 'br0', 'up');
  for (const [net, last] of [
    [phone, 1],
    [other, 2],
  ] as const) {
    execFileSync('ip', [
      'link',
      'add',
      'eth0',
      'netns',
      net,
      'type',
      'veth',
      'peer',
      'name',
      `dev${last}`,
      'netns',
      router,
    ]);
    at(router, 'ip', 'link', 'set', `dev${last}`, 'master', 'br0', 'up');
    at(net, 'ip', 'link', 'set', 'eth0', 'address', `02:00:00:00:07:0${last}`, 'up');
    at(net, 'ip', 'addr', 'add', `10.9.0.1${last}/24`, 'dev', 'eth0');
    at(net, 'ip', 'route', 'add', 'default', 'via', '10.9.0.1');
  }
  execFileSync('ip', [
    'link',
    'add',
    'up0',
    'netns',
    router,
    'type',
    'veth',
    'peer',
    'name',
    'eth0',
    'netns',
    cloudNet,
  ]);
  at(router, 'ip', 'addr', 'add', '203.0.113.1/24', 'dev', 'up0');
  at(router, 'ip', 'link', 'set', 'up0', 'up');
  at(router, 'sysctl', '-qw', 'net.ipv4.ip_forward=1');
  for (const address of ADDRESSES) at(cloudNet, 'ip', 'addr', 'add', `${address}/24`, 'dev', 'eth0');
  at(cloudNet, 'ip', 'link', 'set', 'eth0', 'up');
  at(cloudNet, 'ip', 'route', 'add', 'default', 'via', '203.0.113.1');
}
