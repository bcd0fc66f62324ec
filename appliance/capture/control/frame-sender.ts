// Puts one frame on the wire, for canary.ts. Node cannot open a packet socket, so Perl does, in a process that lives for one frame:
// it is on every Debian (perl-base is essential) and takes 13 ms of CPU where a Node child with the cap module took 154.

import { execFile } from 'node:child_process';
import { systemCode } from '../../model/errors.ts';

/** A send that is not done by then hangs in a driver. */
const SEND_MS = 5000;

/**
 * packet(7). AF_PACKET is 17, SOCK_RAW 3; protocol 0 receives nothing. 0x8933 is SIOCGIFINDEX, netdevice(7): it answers for the
 * network namespace of the socket, as /sys may not. The address is a sockaddr_ll of which only family and index count.
 */
const PROGRAM = `
my ($name, $hex) = @ARGV;
socket(my $socket, 17, 3, 0) or die "$!\\n";
my $request = pack('a16 x24', $name);
ioctl($socket, 0x8933, $request) or die "$!\\n";
my $to = pack('S n i S C C a8', 17, 0, unpack('x16 i', $request), 0, 0, 6, '');
defined send($socket, pack('H*', $hex), 0, $to) or die "$!\\n";
`;

/** Rejects with what the system said. */
export function sendFrame(networkInterface: string, frame: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const options = ['-e', PROGRAM, '--', networkInterface, frame.toString('hex')];
    execFile('perl', options, { timeout: SEND_MS, env: { LC_ALL: 'C' } }, (error, _stdout, stderr) => {
      if (error === null) resolve();
      else reject(new Error(`a self-test frame cannot be sent: ${reasonOf(error, stderr)}`));
    });
  });
}

function reasonOf(error: Error, stderr: string): string {
  if (systemCode(error) === 'ENOENT') return 'perl is not installed';
  const [said = ''] = stderr.split('\n');
  return said === '' ? (error.message.split('\n')[0] ?? '') : said;
}
