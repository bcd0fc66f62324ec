// The packet behind every finding of the invented home: an upload in three packets, with bytes that would like to be markup.

import { CaptureReader } from '../../appliance/decode/files/capture-reader.ts';
import { PacketSearch } from '../../appliance/decode/packet/packet-search.ts';
import { packetBytes, packetView } from '../../appliance/decode/packet/packet-view.ts';
import type { PacketView } from '../../appliance/model/document/packet.ts';
import { ascii, connection, pcapFile } from '../analysis/packets.ts';

const CAMERA = { mac: '78:11:dc:20:00:01', ip: '192.168.88.21', port: 40_112 };
const CLOUD = { mac: 'dc:a6:32:00:00:fe', ip: '47.88.17.21', port: 80 };
export const SECRET = 'password=hunter22';
const HEAD =
  'PUT /clip/0001.mp4?AccessKeyId=LTAI5 HTTP/1.1\r\nHost: cam.example\r\nX-Note: <img src=x onerror=alert(1)>\r\n\r\n';
const FRAMES = connection(CAMERA, CLOUD, [
  [0, ascii(HEAD)],
  [0, ascii(`name=jo&${SECRET}&${'x'.repeat(1200)}`)],
  [0, ascii('<script>alert(1)</script>')],
]);

export function mockPacket(isRevealed: boolean): PacketView {
  const search = new PacketSearch(5);
  new CaptureReader(search).push(pcapFile(FRAMES.map((bytes) => ({ bytes, seconds: 1_795_179_600, nanoseconds: 5 }))));
  const found = search.found();
  if (found === undefined) throw new TypeError('no such packet');
  const bytes = packetBytes(found, isRevealed, 'ab'.repeat(32));
  return packetView(bytes, { segment: 12, checked: 'same', excerpt: 'name=jo&password=hu…(8)' });
}
