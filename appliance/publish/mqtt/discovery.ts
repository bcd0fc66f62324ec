// Home Assistant finds the appliance and its devices by itself: device-based discovery (2024.11 and later), one retained
// message a device with all its entities. Pure. Field names in their short forms as Home Assistant's MQTT page lists them.

import type { DeviceRow } from '../schemas/devices.ts';
import type { Topics } from './topics.ts';
import { word } from './topics.ts';

export interface DiscoveryContext {
  readonly prefix: string;
  readonly applianceId: string;
  readonly version: string;
  readonly pageUrl: string;
  readonly topics: Topics;
}

/** Seconds after which a state that was not repeated is unknown: three intervals. */
const EXPIRE_SECONDS = 180;

type Component = Readonly<Record<string, unknown>>;

export function applianceDiscoveryTopic({ prefix, applianceId }: DiscoveryContext): string {
  return `${prefix}/device/weir_${word(applianceId)}/config`;
}

export function deviceDiscoveryTopic({ prefix, applianceId }: DiscoveryContext, id: string): string {
  return `${prefix}/device/weir_${word(applianceId)}_${word(id)}/config`;
}

export function applianceDiscovery(context: DiscoveryContext): unknown {
  const { applianceId, topics } = context;
  const node = `weir_${word(applianceId)}`;
  return {
    dev: {
      ids: [node],
      name: `Weir ${applianceId}`,
      mf: 'Weir',
      mdl: 'IoT traffic observatory',
      sw: context.version,
      cu: context.pageUrl,
    },
    ...shared(context, topics.state),
    cmps: named(node, {
      capture: {
        p: 'binary_sensor',
        name: 'Capture',
        dev_cla: 'running',
        val_tpl: '{{ "ON" if value_json.capture_on else "OFF" }}',
      },
      capture_problem: {
        p: 'binary_sensor',
        name: 'Capture problem',
        dev_cla: 'problem',
        val_tpl: '{{ "OFF" if value_json.capture in ("capturing", "paused", "starting", "stopping") else "ON" }}',
      },
      phase: { p: 'sensor', name: 'Phase', val_tpl: '{{ value_json.phase }}' },
      devices: sensor('Devices', 'devices', { stat_cla: 'measurement' }),
      destinations: sensor('Destinations', 'destinations', { stat_cla: 'measurement' }),
      findings: sensor('Findings', 'findings', { stat_cla: 'measurement' }),
      disk_free: sensor('Disk left', 'disk_free_bytes', { ...BYTES, stat_cla: 'measurement', ent_cat: 'diagnostic' }),
      drops: sensor('Lost packets', 'drops', { stat_cla: 'total_increasing', ent_cat: 'diagnostic' }),
      clock: {
        p: 'binary_sensor',
        name: 'Clock synchronised',
        ent_cat: 'diagnostic',
        val_tpl: '{{ "ON" if value_json.clock_synced == "yes" else "OFF" }}',
      },
    }),
  };
}

export function deviceDiscovery(context: DiscoveryContext, row: DeviceRow): unknown {
  const { applianceId, topics } = context;
  const node = `weir_${word(applianceId)}_${row.id}`;
  return {
    dev: {
      ids: [node],
      name: row.name === '' ? (row.vendor ?? row.id) : row.name,
      ...(row.maker === null ? {} : { mf: row.maker }),
      ...(row.model === null ? {} : { mdl: row.model }),
      // A MAC chosen by software names nothing that lasts.
      ...(row.randomised || row.mac === null ? {} : { cns: [['mac', row.mac]] }),
      via_device: `weir_${word(applianceId)}`,
      cu: context.pageUrl,
    },
    ...shared(context, topics.device(row.id).state),
    cmps: named(node, {
      presence: {
        p: 'binary_sensor',
        name: 'Presence',
        dev_cla: 'connectivity',
        val_tpl: '{{ "ON" if value_json.presence == "home" else "OFF" }}',
      },
      bytes_up: sensor('Bytes up', 'bytes_up', { ...BYTES, stat_cla: 'total_increasing' }),
      bytes_down: sensor('Bytes down', 'bytes_down', { ...BYTES, stat_cla: 'total_increasing' }),
      destinations: sensor('Destinations', 'destinations', { stat_cla: 'measurement' }),
      findings: sensor('Findings', 'findings', { stat_cla: 'measurement' }),
      cleartext: {
        p: 'binary_sensor',
        name: 'Cleartext seen',
        dev_cla: 'problem',
        val_tpl: '{{ value_json.cleartext }}',
      },
      last_seen: sensor('Last seen', 'last_seen', { dev_cla: 'timestamp', en: false }),
      packets: sensor('Packets', 'packets', { stat_cla: 'total_increasing', en: false }),
    }),
  };
}

const BYTES = { dev_cla: 'data_size', unit_of_meas: 'B' } as const;

function sensor(name: string, field: string, more: Component): Component {
  return { p: 'sensor', name, val_tpl: `{{ value_json.${field} }}`, exp_aft: EXPIRE_SECONDS, ...more };
}

function shared({ version, topics }: DiscoveryContext, stateTopic: string): Component {
  return {
    o: { name: 'weir', sw: version },
    avty_t: topics.availability,
    stat_t: stateTopic,
  };
}

function named(node: string, components: Readonly<Record<string, Component>>): Component {
  return Object.fromEntries(
    Object.entries(components).map(([key, component]) => [key, { ...component, uniq_id: `${node}_${key}` }]),
  );
}
