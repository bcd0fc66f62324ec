// Multicast DNS of a device (RFC 6762): it announces its records, answers anyone who asks for them, and asks for others'.
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { type AnswerRecord, encodeAnnouncement, encodeQuery, readQuestion, TYPE } from '../wire/dns.ts';

const GROUP = '224.0.0.251';
const GROUP_V6 = 'ff02::fb';
const PORT = 5353;

export class MulticastNames {
  readonly #records: readonly AnswerRecord[];
  readonly #sockets: readonly { socket: Socket; group: string }[];

  constructor(records: readonly AnswerRecord[], version6 = false) {
    this.#records = records;
    const plain = { socket: createSocket({ type: 'udp4', reuseAddr: true }), group: GROUP };
    const six = { socket: createSocket({ type: 'udp6', reuseAddr: true, ipv6Only: true }), group: `${GROUP_V6}%eth0` };
    this.#sockets = version6 ? [plain, six] : [plain];
    if (!version6) six.socket.close();
  }

  async start(): Promise<void> {
    for (const { socket, group } of this.#sockets) {
      socket.bind(PORT);
      await once(socket, 'listening');
      if (group === GROUP) socket.addMembership(group);
      else socket.addMembership(GROUP_V6, '::%eth0');
      socket.setMulticastTTL(255);
      socket.setMulticastLoopback(false);
      socket.on('message', (message) => this.#hear(message));
    }
  }

  announce(): void {
    this.#send(encodeAnnouncement(this.#records));
  }

  ask(name: string): void {
    this.#send(encodeQuery([{ name, type: TYPE.PTR }]));
  }

  /** Answers over IPv4 only, as single-stack devices do. */
  #hear(message: Buffer): void {
    const isQuery = message.length > 2 && (message.readUInt8(2) & 0x80) === 0;
    const question = isQuery ? readQuestion(message) : undefined;
    if (question === undefined) return;
    const answers = this.#records.filter((record) => record.name.toLowerCase() === question.name);
    if (answers.length > 0) this.#sockets[0]?.socket.send(encodeAnnouncement(this.#records), PORT, GROUP);
  }

  #send(message: Buffer): void {
    for (const { socket, group } of this.#sockets) socket.send(message, PORT, group);
  }
}
