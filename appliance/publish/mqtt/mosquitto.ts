// The configuration of a mosquitto 2 for this appliance: a listener, users, and an ACL under which Weir may write only its own
// topics. Pure; `weir mosquitto` prints it, a test runs a broker with it.

import { makeTopics } from './topics.ts';

export interface BrokerPlan {
  /** Id of the appliance, as in its topics. */
  readonly id: string;
  readonly base_topic: string;
  /** User name of Weir at the broker. */
  readonly username: string;
  readonly discovery: boolean;
  readonly discovery_prefix: string;
  readonly commands: boolean;
  /** Where the broker's files are. */
  readonly folder: string;
  readonly port: number;
  readonly tls: boolean;
}

export interface BrokerFiles {
  readonly configuration: string;
  readonly acl: string;
}

/** Who reads everything and orders nothing: Home Assistant, Grafana, scripts. */
export const READER = 'weir-reader';
/** Who may order as well; only where `mqtt.commands` is on. */
export const OPERATOR = 'weir-operator';

/** Retained states of so many devices and hours wait for who comes late; mosquitto's own limit is 1,000. */
const MAX_QUEUED = 20_000;

export function mosquittoFiles(plan: BrokerPlan): BrokerFiles {
  return { configuration: configuration(plan), acl: acl(plan) };
}

function configuration({ folder, port, tls }: BrokerPlan): string {
  const lines = [
    '# mosquitto 2, made by `weir mosquitto`.',
    `listener ${port}`,
    'allow_anonymous false',
    `password_file ${folder}/weir.passwords`,
    `acl_file ${folder}/weir.acl`,
    ...(tls
      ? [
          '# Certificate of the broker and the authority that signed it; Weir trusts it by mqtt.ca_file.',
          `cafile ${folder}/ca.pem`,
          `certfile ${folder}/broker.pem`,
          `keyfile ${folder}/broker.key`,
        ]
      : []),
    'persistence true',
    `max_queued_messages ${MAX_QUEUED}`,
    '# No payload of Weir is longer than 32 KiB.',
    'max_packet_size 65536',
  ];
  return `${lines.join('\n')}\n`;
}

function acl({ id, base_topic, username, discovery, discovery_prefix, commands }: BrokerPlan): string {
  const { base, requests } = makeTopics(base_topic, id);
  const readers = [`topic read ${base}/#`, ...(discovery ? [`topic read ${discovery_prefix}/#`] : [])];
  const blocks = [
    [
      `user ${username}`,
      `topic write ${base}/#`,
      ...(commands ? [`topic read ${requests}`] : []),
      ...(discovery
        ? [
            `topic write ${discovery_prefix}/+/+/config`,
            `topic write ${discovery_prefix}/+/+/+/config`,
            `topic read ${discovery_prefix}/status`,
          ]
        : []),
    ],
    [`user ${READER}`, ...readers],
    ...(commands ? [[`user ${OPERATOR}`, ...readers, `topic write ${requests}`]] : []),
  ];
  return `${['# Who may do what, made by `weir mosquitto`.', ...blocks.map((lines) => lines.join('\n'))].join('\n\n')}\n`;
}
