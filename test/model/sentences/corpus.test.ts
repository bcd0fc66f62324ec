// The sentences on real captures: every noun, number and country that they name is in the document. What they should say is
// worked out here a second time, from the document alone.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { analyzeFile } from '../../../appliance/cli/analyze/analyze-file.ts';
import type { AnalysisDocument, DocumentConversation } from '../../../appliance/model/analysis-document.ts';
import { bytesText } from '../../../appliance/model/quantity.ts';
import { documentSentences } from '../../../appliance/model/sentences/document-talks.ts';
import { plainSentence, type Sentence } from '../../../appliance/model/sentences/sentence.ts';

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));
const CAPTURES = resolve(process.env['WEIR_CAPTURES'] ?? join(ROOT, '..', 'shared', 'captures'));
const SETUPS =
  'Aria_Setup-A-1 D-LinkCam_Setup-A-1 D-LinkDoorSensor_Setup-C-1 D-LinkHomeHub_Setup-A-1 D-LinkSwitch_Setup-A-1 ' +
  'EdimaxPlug1101W_Setup-C-2 EdnetGateway_Setup-A-1 HomeMaticPlug_Setup-C-1 HueBridge_Setup-A-1 Lightify_Setup-C-1 ' +
  'MAXGateway_Setup-A-1 SmarterCoffee_Setup-A-1 TP-LinkPlugHS110_Setup-A-1 WeMoInsightSwitch_Setup-A-1 ' +
  'WeMoLink_Setup-A-1 Withings_Setup-C-1';
const FILES = [
  ...SETUPS.split(' ').map((name) => `iot-setup/${name}.pcap`),
  'iot-misc/yi_camera_sample.pcap',
  'iot-ap/tplink-plug_wlan2.4.pcap',
  'iot-ap/smartthings-hub_lan.pcap',
  'iot-ap/all-devices_wan.pcap',
];

const PERIOD = 'in this capture';
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'.split('');
const COUNTRY_CODES = LETTERS.flatMap((a) => LETTERS.map((b) => `${a}${b}`));
const names = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' });
/** Names with their codes, of which some are old (`DD`). `United States Outlying Islands` holds another name: longest first. */
const COUNTRIES = [...new Set(COUNTRY_CODES.map((code) => names.of(code) ?? ''))]
  .map((name) => [name, COUNTRY_CODES.filter((code) => names.of(code) === name)] as const)
  .filter(([name, codes]) => name !== '' && !['XX', 'ZZ', 'XA'].some((code) => codes.includes(code)))
  .sort(([a], [b]) => b.length - a.length);

const here = existsSync(CAPTURES);
if (!here) process.stderr.write(`SKIPPED, the sentences are not held against real captures: none in ${CAPTURES}\n`);

for (const file of FILES) {
  const path = join(CAPTURES, file);
  test(`${file}: what the sentences name is in the document`, { skip: !existsSync(path) }, async () => {
    const { document } = await analyzeFile(path, 'curated', false);
    const reported = documentSentences(document, PERIOD);
    const devices = document.devices.filter(({ packets_sent }) => packets_sent > 0).map(({ mac }) => mac);
    assert.deepEqual([...reported.keys()], devices);
    for (const [mac, sentences] of reported) {
      assert.ok(sentences.length > 0);
      for (const sentence of sentences) check(document, mac, sentence);
      assert.equal(volumeTold(sentences), volumeOf(document, mac), `${mac}: all that has content is reported once`);
    }
  });
}

const VERDICTS: Readonly<Record<string, readonly string[]>> = {
  readable: ['cleartext', 'compressed-in-clear'],
  scrambled: ['encoded'],
  encoded: ['encoded'],
  keyed: ['encoded'],
  opaque: ['opaque'],
  unjudged: ['undetermined', 'insufficient'],
  protected: ['encrypted', 'upgraded'],
};
const READABLE: Readonly<Record<string, string | null>> = {
  scrambled: 'without_key',
  keyed: 'device_key',
  encoded: null,
};
const PLAIN = /^(dns|mdns|llmnr|nbns|dhcp|dhcp6|dhcpv6|ntp|ssdp|icmp|stun)$/;

const PRIVATE = /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|169\.254\.|f[cd]|fe80:)/;

/**
 * Conversations of a device, what it sent and received in each. Who forwards for others said nothing itself: where a conversation
 * leaves the home, that is the end which is across from a private address, or from another device that opened it.
 */
function ownTalk({ conversations, devices }: AnalysisDocument, mac: string) {
  const isDevice = (ip: string) => devices.some(({ ips }) => ips.includes(ip));
  const forwards = ({ country, client, a_ip, b_ip }: DocumentConversation, own: 'a' | 'b') => {
    const [near, far] = own === 'a' ? [a_ip, b_ip] : [b_ip, a_ip];
    if (country === 'local' || !isDevice(far)) return false;
    return PRIVATE.test(far) || (!PRIVATE.test(near) && !(isDevice(near) && client === own));
  };
  return conversations.flatMap((one) =>
    (one.by_mac ?? [one]).flatMap((share) => [
      ...(share.a_mac === mac && !forwards(one, 'a') ? [{ one, up: share.bytes_ab, down: share.bytes_ba }] : []),
      ...(share.b_mac === mac && !forwards(one, 'b') ? [{ one, up: share.bytes_ba, down: share.bytes_ab }] : []),
    ]),
  );
}

function hasContent({ verdict, service }: DocumentConversation): boolean {
  return verdict !== 'no_payload' && !PLAIN.test(service ?? '');
}

function isOf(sentence: Sentence, form: string, one: DocumentConversation): boolean {
  if ((one.country === 'local') !== (sentence.scope === 'home') || !hasContent(one)) return false;
  if (VERDICTS[form]?.includes(one.verdict) !== true) return false;
  return !(form in READABLE) || (one.readable === undefined ? null : one.readable) === READABLE[form];
}

function check(document: AnalysisDocument, mac: string, sentence: Sentence): void {
  const text = plainSentence(sentence);
  const value = (noun: string) => sentence.parts.find((part) => part.noun === noun)?.value;
  const values = (noun: string) => sentence.parts.filter((part) => part.noun === noun).map((part) => part.value ?? '');
  assert.equal(value('device'), mac);
  const form = value('form');
  if (form === undefined) return checkOther(document, mac, sentence);
  const talks = ownTalk(document, mac).filter(({ one }) => isOf(sentence, form, one));
  assert.ok(talks.length > 0, text);
  const [up, down] = [sum(talks, 'up'), sum(talks, 'down')];
  const bytes = text.includes(' sends ') ? up : text.includes(' receives ') ? down : up + down;
  assert.equal(Number(value('bytes')), bytes, text);
  assert.ok(text.endsWith(`, ${bytesText(bytes)} ${PERIOD}.`), text);
  const countries = new Set(talks.map(({ one }) => one.country ?? 'CDN/anycast'));
  const owners = new Set(talks.map(({ one }) => one.provider ?? one.org ?? ''));
  for (const country of values('country')) assert.ok(countries.has(country), `${country} in: ${text}`);
  for (const owner of values('organisation')) assert.ok(owners.has(owner), `${owner} in: ${text}`);
  if (sentence.scope === 'internet' && values('country').length > 0)
    assert.equal(values('country').length + Number(value('countries') ?? 0), countries.size, text);
  // Owners are named by strangers, and some are called by a country's name.
  let words = sentence.parts
    .filter(({ noun }) => noun !== 'organisation' && noun !== 'device')
    .map((p) => p.text)
    .join('');
  for (const [name, codes] of COUNTRIES) {
    if (!words.includes(name)) continue;
    assert.ok(
      codes.some((code) => countries.has(code)),
      `${name} in: ${text}`,
    );
    words = words.replaceAll(name, '');
  }
}

function checkOther({ findings }: AnalysisDocument, mac: string, sentence: Sentence): void {
  const number = sentence.parts.find(({ noun }) => noun === 'findings')?.value;
  if (number === undefined) return;
  assert.equal(Number(number), findings.filter((f) => f.device === mac && f.severity === 'high').length);
}

/** Sent or received, whichever the sentence is about, would hide the other: both are computed from the forms stated. */
function volumeTold(sentences: readonly Sentence[]): number {
  return sentences.filter(({ parts }) => parts.some(({ noun }) => noun === 'form')).length;
}

function volumeOf(document: AnalysisDocument, mac: string): number {
  const kinds = ownTalk(document, mac)
    .filter(({ one, up, down }) => hasContent(one) && up + down > 0)
    .map(({ one }) => `${one.country === 'local'} ${kindOf(one)}`);
  return new Set(kinds).size;
}

function kindOf({ verdict, readable = null }: DocumentConversation): string {
  const group = Object.keys(VERDICTS).find((form) => VERDICTS[form]?.includes(verdict));
  return verdict === 'encoded' ? `encoded ${readable}` : (group ?? verdict);
}

function sum<Key extends string>(rows: readonly Readonly<Record<Key, number>>[], key: Key): number {
  return rows.reduce((all, row) => all + row[key], 0);
}
