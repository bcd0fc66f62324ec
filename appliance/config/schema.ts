// Every setting, declared once: name, type, default, bounds, unit and text. From here come the types, the defaults, the
// validation with line numbers (load.ts) and the reference page (reference.ts). Nobody else knows a default.

import { type Static, Type } from 'typebox';
import { SEVERITIES } from '../model/severity.ts';
import { apSettings } from './ap-settings.ts';
import { RULES_FOLDER } from './rules-folder.ts';
import { closed, flag, INTERFACE, oneOf, text, whole } from './setting-kinds.ts';

const MIB = 1024 * 1024;

export const configSchema = closed(
  {
    data: closed(
      {
        dir: text(
          '/var/lib/weir',
          'Folder that holds captures, ledger, keys and index. Relative paths start at the configuration file.',
        ),
      },
      'Where evidence lives.',
    ),
    capture: closed(
      {
        interface: Type.String({
          default: 'br-weir',
          maxLength: 15,
          pattern: INTERFACE,
          description: 'Network interface to capture on: the bridge of the access point.',
        }),
        engine: oneOf(
          'tcpdump',
          ['tcpdump', 'cap', 'file'],
          'What reads packets. `cap` has no kernel timestamps and no drop counts; `file` replays.',
        ),
        file: text('', 'Capture file, or named pipe that somebody writes one into, that the `file` engine replays.'),
        speed: Type.Number({
          default: 1,
          minimum: 0,
          maximum: 1_000_000,
          description: 'Replay speed of the `file` engine: 1 as recorded, 10 ten times as fast, 0 flat out.',
        }),
        filter: text('', 'BPF filter in tcpdump syntax; empty captures everything. The `file` engine takes none.'),
        ring_kib: whole(
          32 * 1024,
          1024,
          1024 * 1024,
          'Kernel ring in KiB. 32 MiB cover 4 s at 10,000 packets/s of 750 bytes.',
        ),
        snaplen: whole(262_144, 64, 262_144, 'Bytes kept of a packet. The default never cuts one.'),
        resolution: oneOf('ns', ['ns', 'us'], 'Timestamps of stored files: nanoseconds or microseconds.'),
        infra_macs: Type.Array(Type.String({ maxLength: 17 }), {
          default: [],
          maxItems: 64,
          description: 'Addresses that are no devices: uplink routers, the access point itself (found by itself).',
        }),
        max_devices: whole(
          64,
          1,
          1024,
          'Devices that get files of their own; others go to `_overflow` until a silent one gives its place back.',
        ),
        segment_seconds: whole(
          3600,
          1,
          3600,
          'A segment is cut when the UTC time passes a multiple of this, and always at the full hour; at the default of an hour one below 1 MiB goes on, until midnight at the latest.',
        ),
        segment_bytes: whole(64 * MIB, 65_536, 1024 * MIB, 'A segment is cut before it grows beyond this.'),
        silent_seconds: whole(
          300,
          1,
          86_400,
          'The segment of a device silent for this long is closed, once it holds 1 MiB (or at any size where `segment_seconds` is below an hour).',
        ),
        flush_ms: whole(1000, 50, 10_000, 'Buffered packets reach the file after this many milliseconds.'),
        sync_seconds_idle: whole(
          10,
          1,
          60,
          'A frame is on the card before it is this old, in idle phases: all that a power cut may cost. Below 2 the kernel’s own second of buffering comes on top. Where the card is too slow for it, the status counts that (`sync_late`).',
        ),
        sync_seconds_intensive: whole(2, 1, 60, 'The same in intensive phases.'),
        // With a full queue capture stays below 96 MiB resident; 32 MiB took it to 107.
        queue_bytes: whole(
          16 * MIB,
          MIB,
          1024 * MIB,
          'Packets waiting for the card; beyond it whole packets are dropped and counted.',
        ),
        phase: oneOf(
          'idle',
          ['unlabelled', 'setup', 'idle', 'intensive', 'scan', 'proxy'],
          'Phase that a fresh start declares.',
        ),
        canary_seconds: whole(
          30,
          0,
          3600,
          'Known frames are sent through the capture path this often and counted at the other end; 0 turns it off.',
        ),
      },
      'The evidence path.',
    ),
    retention: closed(
      {
        budget_bytes: whole(
          0,
          0,
          Number.MAX_SAFE_INTEGER,
          'Bytes that captures may take; 0 means 80 % of the file system.',
        ),
        free_bytes: whole(1024 * MIB, 0, Number.MAX_SAFE_INTEGER, 'Bytes that stay free for everything else.'),
        free_percent: whole(
          10,
          0,
          90,
          'Share of the file system that stays free, percent; the larger of this and `free_bytes` counts.',
        ),
        free_inodes_percent: whole(10, 0, 90, 'Share of inodes that stays free.'),
        ballast_bytes: whole(
          16 * MIB,
          0,
          1024 * MIB,
          'A file given back when the card is full, so that open segments and the ledger can be closed.',
        ),
        idle: oneOf(
          'ring',
          ['ring', 'keep'],
          'What a full budget means for idle segments: `ring` deletes the oldest, `keep` stops storing.',
        ),
        intensive: oneOf('keep', ['ring', 'keep'], 'The same for all other phases.'),
        keep_newest: whole(
          10,
          1,
          1000,
          'Segments of each device that stay, newest first, as long as anything else can go.',
        ),
        max_age_days: whole(
          0,
          0,
          36_500,
          'Days after which a segment is deleted, whatever its phase or tag, within an hour; 0 deletes nothing for its age. Only while the clock is known to be right.',
        ),
      },
      'What is deleted when, and what never.',
    ),
    analysis: closed(
      {
        ports_profile: oneOf('curated', ['curated', 'paper-appendix-b', 'paper-tool'], 'Which ports count as secure.'),
        secure_ports: Type.Array(Type.Integer({ minimum: 0, maximum: 65_535 }), {
          default: [],
          maxItems: 1024,
          description: 'A list of secure ports of your own; where it is not empty it replaces `ports_profile`.',
        }),
        home_country: Type.String({
          default: '',
          maxLength: 2,
          pattern: '^$|^[A-Z]{2}$',
          description:
            'Country of the access point (ISO 3166, e.g. GB), used to check locations against round-trip times; empty takes `ap.country`.',
        }),
        rules_dir: text(
          RULES_FOLDER,
          'Folder with platform rules of your own (`*.yaml`, tried with `weir rules test FILE`); a rule with the id of a built-in one replaces it.',
        ),
      },
      'What is worked out from the captures.',
    ),
    ap: apSettings,
    http: closed(
      {
        host: text(
          '127.0.0.1',
          'Address the page listens on; on a Pi the management address, never the captured side.',
        ),
        port: whole(8080, 0, 65_535, 'Port of the page; 0 takes a free one.'),
        allowed_hosts: Type.Array(Type.String({ maxLength: 255 }), {
          default: [],
          maxItems: 32,
          description: 'Further host names under which the page may be opened; they are in its certificate too.',
        }),
        certificate_file: text(
          '',
          'Your own certificate (PEM, with its chain) for the page; empty takes the one that Weir makes (`weir cert`). User weir must be able to read it.',
        ),
        key_file: text('', 'The private key of `http.certificate_file` (PEM).'),
      },
      'Page and API.',
    ),
    mqtt: closed(
      {
        url: text('', 'Broker, as mqtt://host:1883 or mqtts://host:8883; empty publishes nothing.'),
        username: text('', 'User name at the broker.'),
        password_file: text('', 'File that holds the password of that user.'),
        protocol: oneOf('5', ['5', '3.1.1'], 'Version of MQTT; 3.1.1 for brokers that know no other.'),
        ca_file: text(
          '',
          'Certificate (PEM) of the authority that signed the broker’s, for mqtts:// and wss://; empty takes the well-known authorities.',
        ),
        certificate_file: text(
          '',
          'Certificate (PEM) with which Weir shows who it is to the broker; empty shows none.',
        ),
        key_file: text('', 'The private key of `mqtt.certificate_file` (PEM). User weir must be able to read it.'),
        base_topic: Type.String({
          default: '',
          maxLength: 128,
          pattern: '^[a-z0-9_/-]*$',
          description: 'Start of every topic; empty means weir/<appliance-id>.',
        }),
        discovery: flag(true, 'Announce devices to Home Assistant.'),
        discovery_prefix: Type.String({
          default: 'homeassistant',
          maxLength: 64,
          pattern: '^[a-z0-9_-]+$',
          description: 'Where Home Assistant listens.',
        }),
        discovery_form: oneOf(
          'device',
          ['device', 'entity'],
          'How devices are announced: one message a device (Home Assistant 2024.11 and later), or one an entity (the classic form).',
        ),
        commands: flag(
          false,
          'Take commands from the broker: phase, tags, notes, pause and resume, exports into the data folder. Anyone who may publish there can then do that.',
        ),
      },
      'Publishing.',
    ),
    notify: closed(
      {
        severity: oneOf('high', SEVERITIES, 'Findings of this severity and higher ones are reported.'),
        rules: Type.Array(Type.String({ maxLength: 16 }), {
          default: [],
          maxItems: 64,
          description: 'Only findings of these rules, such as CRED-01; empty: of all.',
        }),
        warnings: flag(true, 'Report problems of the appliance itself: losses, a full card, no clock, no capture.'),
        daily: flag(false, 'Send a summary of the day, at `schedule.daily_summary`.'),
        wait_seconds: whole(60, 5, 3600, 'What happens within so many seconds is one message.'),
        page_url: text('', 'How the page is reached from where messages are read; empty takes its own address.'),
        webhook: closed(
          {
            url: text('', 'Where JSON is posted, as https://example.org/weir; empty: nowhere.'),
            secret_file: text(
              '',
              'File with the secret that signs: X-Weir-Signature is sha256= and HMAC-SHA-256 of X-Weir-Time, a dot and the body.',
            ),
          },
          'Webhook.',
        ),
        ntfy: closed(
          {
            url: text('', 'Topic, as https://ntfy.sh/a-topic-nobody-guesses; empty: none.'),
            token_file: text('', 'File with an access token.'),
          },
          'Push messages by ntfy.',
        ),
        syslog: closed(
          { url: text('', 'Receiver of RFC 5424 messages: udp://, tcp:// or tls:// with host and port; empty: none.') },
          'Syslog.',
        ),
        email: closed(
          {
            url: text(
              '',
              'Mail server: smtps://user@host, or smtp://user@host:587 (STARTTLS where there is a user); empty: none.',
            ),
            password_file: text('', 'File with the password of that user.'),
            from: text('', 'Sender.'),
            to: Type.Array(Type.String({ maxLength: 255 }), {
              default: [],
              maxItems: 16,
              description: 'Receivers.',
            }),
          },
          'E-mail.',
        ),
      },
      'Notifications: new findings, warnings and a daily summary by webhook, ntfy, syslog, e-mail. Masked; captured bytes are never sent.',
    ),
    scan: closed(
      {
        packets_per_second: whole(200, 1, 10_000, 'Packets that the scanner sends to a device at most.'),
        at_once: whole(1, 1, 10, 'Devices that are scanned at the same time.'),
        on_join: oneOf(
          'off',
          ['off', 'quick', 'full'],
          'Scan a device that was never scanned as soon as it is there. Some devices take a scan badly.',
        ),
        schedule: text('', 'When every device that is present is scanned, as a cron expression; empty: never.'),
        schedule_profile: oneOf('quick', ['quick', 'full'], 'What is scanned then.'),
        mqtt: flag(false, 'Take `scan` from the broker too, where `mqtt.commands` is on.'),
      },
      'Port scans with nmap (`weir scan`), of devices behind the access point only.',
    ),
    schedule: closed(
      {
        daily_summary: text('5 0 * * *', 'When the summary of the day before is published, as a cron expression.'),
        timezone: text('Etc/UTC', 'Time zone of the schedule.'),
      },
      'Calendar jobs; none of them concerns the evidence.',
    ),
    update: closed(
      {
        key_file: text(
          '',
          'Public key (Ed25519, PEM) whose signature `weir update` asks for; empty takes the one that the installed package brings.',
        ),
      },
      'Updates.',
    ),
    log: closed(
      { level: oneOf('info', ['debug', 'info', 'warn', 'error'], 'What is logged to standard output, as JSON lines.') },
      'Logging.',
    ),
  },
  'Settings of Weir. A file holds only what differs from the defaults.',
);

export type Config = Static<typeof configSchema>;

/** Location of the access point: `analysis.home_country`, else the country whose radio rules hold. */
export function homeCountry({ analysis, ap }: Config): string {
  return analysis.home_country === '' ? ap.country : analysis.home_country;
}
