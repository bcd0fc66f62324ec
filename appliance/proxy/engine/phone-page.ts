// What the chosen phone sees when it asks the appliance's own address: what goes on, the authority's certificate, and the steps. The
// firewall leads nobody else here. No script, nothing loaded from elsewhere.

import { X509Certificate } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import encodeQr from 'qr';

const CERTIFICATE_PATH = '/weir-proxy-ca.crt';
const PROFILE_PATH = '/weir-proxy-ca.pem';

/** `address`: by which the phone reaches it; null if apps are configured by hand. */
export function phonePage(
  certificate: string,
  address: string | null,
): (asked: IncomingMessage, answer: ServerResponse) => void {
  const read = new X509Certificate(certificate);
  const page = pageText(read.fingerprint256, address ?? '127.0.0.1');
  return (asked, answer) => {
    const [path = '/'] = (asked.url ?? '/').split('?', 1);
    if (asked.method !== 'GET' && asked.method !== 'HEAD') return void answer.writeHead(405).end();
    // DER under the type by which Android and iOS offer to install it (RFC 2585 §4.1 has another, which Android does not take).
    if (path === CERTIFICATE_PATH) return send(answer, 'application/x-x509-ca-cert', read.raw);
    if (path === PROFILE_PATH) return send(answer, 'application/x-pem-file', certificate);
    if (path === '/') return send(answer, 'text/html; charset=utf-8', page);
    answer.writeHead(404, { 'Content-Type': 'text/plain' }).end('there is only /\n');
  };
}

function send(answer: ServerResponse, type: string, body: string | Buffer): void {
  answer.writeHead(200, {
    'Content-Type': type,
    'Cache-Control': 'no-store',
    'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'; img-src data:",
    'X-Content-Type-Options': 'nosniff',
  });
  answer.end(body);
}

function pageText(fingerprint: string, address: string): string {
  const link = `http://${address}${CERTIFICATE_PATH}`;
  const code = Buffer.from(encodeQr(link, 'svg')).toString('base64');
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Weir app proxy</title>
<style>body{font:16px/1.5 sans-serif;max-width:40em;margin:1em auto;padding:0 1em}code{word-break:break-all}img{width:12em}</style>
<h1>The TLS of this device is looked into</h1>
<p>While this page is shown, Weir is between this device's apps and their servers. It records what they say in full: names,
passwords, pictures. Go on only if everybody who uses the device agreed. It ends with <code>weir proxy stop</code>; then remove the
certificate from the device.</p>
<h2>1. Before: use each app once</h2>
<p>Apps will refuse to connect; that is what is measured. Those that refuse are let through when they try again.</p>
<h2>2. Put the certificate on this device</h2>
<p><a href="${CERTIFICATE_PATH}">weir-proxy-ca.crt</a>, or from a second screen:</p>
<p><img alt="QR code of ${link}" src="data:image/svg+xml;base64,${code}"></p>
<h3>Android</h3>
<ol><li>Download the file.<li>Settings, Security, More security settings, Encryption and credentials, Install a certificate, CA
certificate. Confirm, and choose the file.<li>From Android 7 on apps take it only if their maker allows certificates of the user; those
that do not count as pinned.</ol>
<h3>iPhone and iPad</h3>
<ol><li>Open this page in Safari, download, allow the profile.<li>Settings, General, VPN and Device Management: install it.<li>Settings,
General, About, Certificate Trust Settings: switch it on.</ol>
<h2>3. Compare its fingerprint</h2>
<p>SHA-256 <code>${fingerprint}</code></p>
<h2>4. After: run this command, and use each app again</h2>
<p><code>weir proxy round after</code></p>
</html>
`;
}
