// Local protocols of smart-home devices: Kasa, Tuya, miIO, LIFX, Edimax. Their scrambling is undone where no secret is needed.
import { decodeEdimax, decodeEdimaxCloud, type EdimaxFacts } from '../../../decode/protocols/smart-home/edimax.ts';
import { decodeKasaDatagram, decodeKasaMessage } from '../../../decode/protocols/smart-home/kasa.ts';
import { decodeLifx } from '../../../decode/protocols/smart-home/lifx.ts';
import { decodeMiio } from '../../../decode/protocols/smart-home/miio.ts';
import { decodeTuya, type TuyaFacts } from '../../../decode/protocols/smart-home/tuya.ts';
import { inspectBody } from '../cleartext.ts';
import type { DatagramListener, Facts, PayloadView, StreamListener } from '../facts.ts';
import type { Field } from '../fields/field.ts';
import { jsonFields } from '../fields/json-fields.ts';
import { deviceOf } from '../local-address.ts';
import { pseudonym } from '../mask.ts';
import { report } from '../report.ts';

/** JSON keys by which these devices introduce themselves. */
const TRAIT_KEYS: ReadonlyMap<string, string> = new Map([
  ['alias', 'kasa_alias'],
  ['dev_name', 'kasa_product'],
  ['model', 'kasa_model'],
  ['productKey', 'tuya_product'],
]);

function tellTraits(fields: readonly Field[], mac: string, facts: Facts): void {
  for (const { key, value } of fields) {
    const kind = TRAIT_KEYS.get(key);
    if (kind !== undefined && value !== '') facts.trait(mac, kind, value);
  }
}

/** Reading an announcement is no command: those go under the device's own key. */
const BROADCAST_ONLY =
  'The device announces itself under a key that all devices share: anyone on the network can read that, but commands need its own key.';

/** About the device that answers on the protocol's own port (0: that broadcasts); the asking side is an app. */
function tellScrambled(facts: Facts, view: PayloadView, protocol: string, port: number): void {
  if (port !== 0 && view.sourcePort !== port) return;
  report(facts, 'CLR-07', {
    device: view.sourceMac(),
    subject: protocol,
    excerpt: `${protocol} message, readable without a key`,
    ...(port === 0 ? { explanation: BROADCAST_ONLY } : {}),
  });
}

function tellUnpacked(facts: Facts, text: string, how: string): void {
  if (!facts.searches) return;
  const bytes = Buffer.from(text);
  facts.unpacked(bytes, 0, bytes.length, how);
}

function tellKasa(text: string, view: PayloadView, facts: Facts): void {
  facts.service('kasa', 'grammar');
  facts.mark('encoded:xor');
  tellUnpacked(facts, text, 'xor');
  tellScrambled(facts, view, 'Kasa', 9999);
  const fields = inspectBody(facts, { device: view.sourceMac(), channel: 'Kasa' }, 'application/json', text);
  // A command's keys are not the device's own: only answers carry an error code.
  if (text.includes('err_code')) tellTraits(fields, view.sourceMac(), facts);
}

export const kasa: DatagramListener = {
  service: 'kasa',
  ports: [9999],
  anyPort: false,
  read(view, facts) {
    const message = decodeKasaDatagram(view.bytes, view.start, view.end);
    if (message === undefined) return false;
    tellKasa(message.text, view, facts);
    return true;
  },
};

export const kasaControl: StreamListener = {
  service: 'kasa',
  ports: [9999],
  anyPort: false,
  recognise(view) {
    if (view.end - view.start < 12) return view.full ? 'no' : 'more';
    return decodeKasaMessage(view.bytes, view.start, view.end) === undefined ? 'no' : 'yes';
  },
  read(view, facts) {
    for (let at = view.start; at < view.end; at = view.start + view.used) {
      const message = decodeKasaMessage(view.bytes, at, view.end);
      if (message === undefined && view.end - at < 12 && !view.full) return;
      if (message?.truncated === true && view.end - at < 8192 && !view.full) return;
      if (message !== undefined) tellKasa(message.text, view, facts);
      view.used += message?.messageBytes ?? view.end - at;
    }
  },
};

const TUYA_PORT = 6668;

/** Version 3.1 answers questions in the clear; orders go under the device's own key. */
const STATE_ONLY =
  'The device reports its state without encryption: anyone on the network can read and ask for it, but commands need its own key.';

function tellTuyaControl(message: TuyaFacts, view: PayloadView, facts: Facts): void {
  facts.service('tuya', 'grammar');
  if (message.sealed) facts.mark('body:uniform');
  if (message.text === '') return;
  facts.mark('encoded:tuya-plain');
  const place = { device: deviceOf(view), channel: 'Tuya' };
  inspectBody(facts, place, 'application/json', message.text);
  if (view.sourcePort !== TUYA_PORT) return;
  report(facts, 'CLR-07', {
    device: view.sourceMac(),
    subject: 'Tuya state',
    excerpt: 'Tuya message, readable without a key',
    explanation: STATE_ONLY,
  });
}

function tellTuya(message: TuyaFacts, view: PayloadView, facts: Facts): void {
  facts.service('tuya', 'grammar');
  if (message.text === '') {
    if (message.sealed) facts.mark('body:uniform');
    return;
  }
  facts.mark('encoded:tuya-common-key');
  tellUnpacked(facts, message.text, 'a common key');
  tellScrambled(facts, view, 'Tuya broadcast', 0);
  const fields = jsonFields(message.text);
  tellTraits(fields, view.sourceMac(), facts);
  const id = fields.find(({ key }) => key === 'gwId')?.value;
  if (id === undefined) return;
  facts.trait(view.sourceMac(), 'tuya_id', pseudonym(id));
  report(facts, 'PII-02', {
    device: view.sourceMac(),
    subject: 'Tuya broadcast gwId',
    excerpt: `Tuya broadcast: device identifier of ${id.length} characters`,
  });
}

export const tuya: DatagramListener = {
  service: 'tuya',
  ports: [6666, 6667, 7000],
  anyPort: false,
  read(view, facts) {
    const message = decodeTuya(view.bytes, view.start, view.end);
    if (message === undefined) return false;
    tellTuya(message, view, facts);
    return true;
  },
};

export const tuyaControl: StreamListener = {
  service: 'tuya',
  ports: [TUYA_PORT],
  anyPort: false,
  recognise(view) {
    if (view.end - view.start < 18) return view.full ? 'no' : 'more';
    return decodeTuya(view.bytes, view.start, view.end, false) === undefined ? 'no' : 'yes';
  },
  read(view, facts) {
    for (let at = view.start; at < view.end; at = view.start + view.used) {
      const frame = decodeTuya(view.bytes, at, view.end, false);
      if (frame === undefined && view.end - at < 18 && !view.full) return;
      if (frame !== undefined) tellTuyaControl(frame, view, facts);
      view.used += frame?.frameBytes ?? view.end - at;
    }
  },
};

export const miio: DatagramListener = {
  service: 'miio',
  ports: [54321, 8053],
  anyPort: true,
  read(view, facts) {
    const message = decodeMiio(view.bytes, view.start, view.end);
    if (message === undefined) return false;
    facts.service('miio', 'grammar');
    if (!message.hello) facts.mark('body:uniform');
    const mac = view.sourceMac();
    const fromDevice = view.sourcePort === 54321;
    if (fromDevice && message.deviceId !== '') facts.trait(mac, 'miio_id', pseudonym(message.deviceId));
    if (fromDevice && message.tokenShown) {
      report(facts, 'CRED-13', {
        device: mac,
        subject: 'miIO token',
        excerpt: 'miIO hello with the device token (16 bytes)',
      });
    }
    return true;
  },
};

const EDIMAX_SEARCH = 20560;
const EDIMAX_CLOUD = 8765;

/** What the sender says of itself; its cloud's answers are about others. */
function ownEdimax(view: PayloadView): EdimaxFacts | undefined {
  const isSearch = view.sourcePort === EDIMAX_SEARCH;
  const message = (isSearch ? decodeEdimax : decodeEdimaxCloud)(view.bytes, view.start, view.end);
  const isOwn = isSearch || message?.id.toLowerCase() === view.sourceMac().replaceAll(':', '');
  return isOwn ? message : undefined;
}

export const edimax: DatagramListener = {
  service: 'edimax',
  ports: [EDIMAX_SEARCH, EDIMAX_CLOUD],
  anyPort: false,
  read(view, facts) {
    const message = ownEdimax(view);
    if (message === undefined) return false;
    facts.service('edimax', 'grammar');
    facts.trait(view.sourceMac(), 'edimax_model', message.model);
    if (message.name !== '') facts.trait(view.sourceMac(), 'edimax_name', message.name);
    return true;
  },
};

export const lifx: DatagramListener = {
  service: 'lifx',
  ports: [56700],
  anyPort: false,
  read(view, facts) {
    const message = decodeLifx(view.bytes, view.start, view.end);
    if (message === undefined) return false;
    facts.service('lifx', 'grammar');
    facts.mark('clear:lifx');
    const fromBulb = view.sourcePort === 56700;
    if (fromBulb && message.label !== undefined && message.label !== '')
      facts.trait(view.sourceMac(), 'lifx_label', message.label);
    tellScrambled(facts, view, 'LIFX', 56700);
    return true;
  },
};
