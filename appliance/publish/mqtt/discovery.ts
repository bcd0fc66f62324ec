// Home Assistant finds the appliance and its devices by itself. Form `device` (Home Assistant 2024.11 and later): one retained
// message a device with all its entities. Form `entity`, for older ones and others that read it: one message an entity. Pure. Field names in their short forms as Home Assistant's MQTT page lists them.

import type { DeviceRow } from '../schemas/devices.ts';
import type { Topics } from './topics.ts';
import { word } from './topics.ts';

export type DiscoveryForm = 'device' | 'entity';

export interface DiscoveryContext {
  readonly prefix: string;
  readonly form: DiscoveryForm;
  readonly applianceId: string;
  readonly version: string;
  readonly pageUrl: string;
  readonly topics: Topics;
}

/** Seconds after which a state that was not repeated is unknown: three intervals. */
const EXPIRE_SECONDS = 180;

type Component = Readonly<Record<string, unknown>>;

interface Discovery {
  readonly dev: Component;
  readonly cmps: Readonly<Record<string, Component>>;
}

/** One retained message. */
export interface Announcement {
  readonly topic: string;
  readonly payload: unknown;
}

/** Every topic of the appliance's own entities. */
export function applianceTopics(context: DiscoveryContext): string[] {
  return applianceAnnouncements(context).map(({ topic }) => topic);
}

/** Every topic of a device's entities; the same whatever is known of it. */
export function deviceTopics(context: DiscoveryContext, id: string): string[] {
  const node = deviceNode(context, id);
  if (context.form === 'device') return [deviceTopic(context, node)];
  return Object.entries(DEVICE_COMPONENTS).map(([key, component]) => entityTopic(context, component, node, key));
}

export function applianceAnnouncements(context: DiscoveryContext): Announcement[] {
  return announcements(context, applianceNode(context), applianceDiscovery(context));
}

export function deviceAnnouncements(context: DiscoveryContext, row: DeviceRow): Announcement[] {
  return announcements(context, deviceNode(context, row.id), deviceDiscovery(context, row));
}

function announcements(context: DiscoveryContext, node: string, discovery: Discovery): Announcement[] {
  if (context.form === 'device') return [{ topic: deviceTopic(context, node), payload: discovery }];
  const { cmps, ...common } = discovery;
  return Object.entries(cmps).map(([key, component]) => {
    const { p: _kind, ...rest } = component;
    return { topic: entityTopic(context, component, node, key), payload: { ...common, ...rest } };
  });
}

const deviceTopic = ({ prefix }: DiscoveryContext, node: string) => `${prefix}/device/${node}/config`;

const entityTopic = ({ prefix }: DiscoveryContext, { p }: Component, node: string, key: string) =>
  `${prefix}/${String(p)}/${node}/${key}/config`;

const applianceNode = ({ applianceId }: DiscoveryContext) => `weir_${word(applianceId)}`;

const deviceNode = (context: DiscoveryContext, id: string) => `${applianceNode(context)}_${word(id)}`;

function applianceDiscovery(context: DiscoveryContext): Discovery {
  const { applianceId, topics } = context;
  const node = applianceNode(context);
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

function deviceDiscovery(context: DiscoveryContext, row: DeviceRow): Discovery {
  const { topics } = context;
  const node = deviceNode(context, row.id);
  return {
    dev: {
      ids: [node],
      name: row.name === '' ? (row.vendor ?? row.id) : row.name,
      ...(row.maker === null ? {} : { mf: row.maker }),
      ...(row.model === null ? {} : { mdl: row.model }),
      // A MAC chosen by software names nothing that lasts.
      ...(row.randomised || row.mac === null ? {} : { cns: [['mac', row.mac]] }),
      via_device: applianceNode(context),
      cu: context.pageUrl,
    },
    ...shared(context, topics.device(row.id).state),
    cmps: named(node, DEVICE_COMPONENTS),
  };
}

const BYTES = { dev_cla: 'data_size', unit_of_meas: 'B' } as const;

function sensor(name: string, field: string, more: Component): Component {
  return { p: 'sensor', name, val_tpl: `{{ value_json.${field} }}`, exp_aft: EXPIRE_SECONDS, ...more };
}

const DEVICE_COMPONENTS: Readonly<Record<string, Component>> = {
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
};

function shared({ version, topics }: DiscoveryContext, stateTopic: string): Record<'o' | 'avty_t' | 'stat_t', unknown> {
  return {
    o: { name: 'weir', sw: version },
    avty_t: topics.availability,
    stat_t: stateTopic,
  };
}

function named(node: string, components: Readonly<Record<string, Component>>): Record<string, Component> {
  return Object.fromEntries(
    Object.entries(components).map(([key, component]) => [key, { ...component, uniq_id: `${node}_${key}` }]),
  );
}
