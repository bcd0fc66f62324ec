// One connection to the broker after the other, and one message after the other over it, at QoS 1. The queue is ours
// (outbox.ts): mqtt.js never keeps more than the current message, so that a broker that is gone costs no memory.

import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import { toError } from '../../model/errors.ts';
import { Outbox, type OutMessage } from './outbox.ts';

export interface BrokerSettings {
  readonly url: string;
  /** User, certificates, protocol version. */
  readonly access: IClientOptions;
  readonly clientId: string;
  /** Last will and birth: same topic, retain and QoS. */
  readonly availability: string;
  readonly subscriptions: readonly string[];
}

export interface BrokerListener {
  /** After the birth message, at each connection. */
  connected(): void;
  message(topic: string, payload: string, retained: boolean): void;
}

export type BrokerState = 'off' | 'connecting' | 'connected' | 'offline';

const KEEPALIVE_SECONDS = 15;
const CONNECT_MS = 10_000;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;
const ANSWER_MS = 20_000;
/** After so many connections lost with the same message in flight, the message is the reason. */
const FATAL_TRIES = 3;
/** A lost connection fails its messages first and closes a moment later. */
const REFUSAL_MS = 200;
/** A command is a short JSON object; a longer message is dropped. */
const MAX_INBOUND_BYTES = 8192;

export class BrokerConnection {
  readonly #settings: BrokerSettings;
  readonly #listener: BrokerListener;
  readonly #outbox = new Outbox();
  /** Topics beyond the settings', for a while. */
  readonly #further = new Set<string>();
  #client: MqttClient | undefined;
  #state: BrokerState = 'off';
  #reason = '';
  #pauseMs = FIRST_PAUSE_MS;
  #timer: NodeJS.Timeout | undefined;
  #answerTimer: NodeJS.Timeout | undefined;
  #inHand: OutMessage | undefined;
  #fatal = 0;
  #suspect = '';
  #published = 0;
  #errors = 0;

  constructor(settings: BrokerSettings, listener: BrokerListener) {
    this.#settings = settings;
    this.#listener = listener;
  }

  get state(): BrokerState {
    return this.#state;
  }

  get reason(): string {
    return this.#reason;
  }

  get counts(): { published: number; queued: number; dropped: number; errors: number } {
    const queued = this.#outbox.size + (this.#inHand === undefined ? 0 : 1);
    return { published: this.#published, queued, dropped: this.#outbox.dropped, errors: this.#errors };
  }

  start(): void {
    this.#state = 'connecting';
    this.#connect();
  }

  /** Says goodbye where the broker still listens. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    clearTimeout(this.#answerTimer);
    const client = this.#client;
    const wasConnected = this.#state === 'connected';
    this.#client = undefined;
    this.#state = 'off';
    if (client === undefined) return;
    if (wasConnected) await goodbye(client, this.#settings.availability);
    client.end(true);
  }

  /** Queued now, sent when the broker takes it. */
  publish(message: OutMessage): void {
    this.#outbox.put(message);
    this.#next();
  }

  /** Asks for one more topic, on this connection and on those after it; its kept message comes again. */
  subscribe(topic: string): void {
    this.#further.add(topic);
    if (this.#state === 'connected') this.#client?.subscribe(topic, { qos: 1 });
  }

  unsubscribe(topic: string): void {
    this.#further.delete(topic);
    if (this.#state === 'connected') this.#client?.unsubscribe(topic);
  }

  #connect(): void {
    const { url, access, clientId, availability } = this.#settings;
    const options: IClientOptions = {
      ...access,
      clientId,
      keepalive: KEEPALIVE_SECONDS,
      connectTimeout: CONNECT_MS,
      reconnectPeriod: 0,
      clean: true,
      queueQoSZero: false,
      resubscribe: false,
      will: { topic: availability, payload: Buffer.from('offline'), qos: 1, retain: true },
    };
    const client = mqtt.connect(url, options);
    this.#client = client;
    client.on('connect', () => this.#opened(client));
    client.on('message', (topic, payload, packet) => this.#receive(topic, payload, packet.retain));
    client.on('error', (error) => {
      this.#reason = toError(error).message;
    });
    client.on('close', () => this.#closed(client));
  }

  #opened(client: MqttClient): void {
    if (client !== this.#client) return;
    this.#state = 'connected';
    this.#reason = '';
    this.#pauseMs = FIRST_PAUSE_MS;
    client.publish(this.#settings.availability, 'online', { qos: 1, retain: true });
    const topics = [...this.#settings.subscriptions, ...this.#further];
    if (topics.length > 0) client.subscribe(topics, { qos: 1 });
    this.#listener.connected();
    this.#next();
  }

  #closed(client: MqttClient): void {
    if (client !== this.#client) return;
    client.removeAllListeners();
    client.on('error', () => undefined);
    client.end(true);
    this.#client = undefined;
    this.#state = 'offline';
    if (this.#reason === '') this.#reason = 'the broker closed the connection';
    this.#returnMessage();
    this.#timer = setTimeout(() => this.#connect(), this.#pauseMs);
    this.#pauseMs = Math.min(LONGEST_PAUSE_MS, this.#pauseMs * 2);
  }

  /** What was in flight is sent again, unless it seems to be what breaks the connection. */
  #returnMessage(): void {
    clearTimeout(this.#answerTimer);
    const message = this.#inHand;
    this.#inHand = undefined;
    if (message === undefined) return;
    const key = `${message.topic} ${message.payload}`;
    this.#fatal = key === this.#suspect ? this.#fatal + 1 : 1;
    this.#suspect = key;
    if (this.#fatal < FATAL_TRIES) return this.#outbox.giveBack(message);
    this.#errors++;
    this.#suspect = '';
  }

  #next(): void {
    const client = this.#client;
    if (this.#state !== 'connected' || client === undefined || this.#inHand !== undefined) return;
    const message = this.#outbox.take();
    if (message === undefined) return;
    this.#inHand = message;
    this.#answerTimer = setTimeout(() => client.stream?.destroy(), ANSWER_MS);
    client.publish(message.topic, message.payload, { qos: 1, retain: message.retain }, (error) => {
      if (client !== this.#client) return;
      clearTimeout(this.#answerTimer);
      if (error === undefined || error === null) this.#settled('published');
      else this.#answerTimer = setTimeout(() => this.#refused(client), REFUSAL_MS);
    });
  }

  /** A failure that the connection survived: the broker does not want this message. Otherwise `#closed` handles it. */
  #refused(client: MqttClient): void {
    if (client === this.#client && this.#state === 'connected') this.#settled('errors');
  }

  #settled(how: 'published' | 'errors'): void {
    this.#inHand = undefined;
    if (how === 'published') this.#published++;
    else this.#errors++;
    this.#next();
  }

  #receive(topic: string, payload: Buffer, retained: boolean): void {
    if (payload.length <= MAX_INBOUND_BYTES) this.#listener.message(topic, payload.toString('utf8'), retained);
  }
}

function goodbye(client: MqttClient, availability: string): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, 1000);
    client.publish(availability, 'offline', { qos: 1, retain: true }, () => {
      clearTimeout(timer);
      client.end(false, () => resolve());
    });
  });
}
