// What the analysis would have found in the invented home; `mock-document.ts` and `mock-answers.ts` report it.

import type { DocumentFinding } from '../../appliance/model/analysis-document.ts';
import { HOUR, idOf, seconds } from './mock-figures.ts';
import { HOSTILE_NAMES, type HomeDevice } from './mock-home.ts';

export function findingsOf(one: HomeDevice, now: number): DocumentFinding[] {
  const make = (
    rule: string,
    severity: DocumentFinding['severity'],
    explanation: string,
    excerpt: string,
    remedy: string,
  ) => ({
    id: `${rule}-${idOf(one.mac)}`,
    rule,
    severity,
    confidence: 0.95,
    device: one.mac,
    first_ts: seconds(now, 19 * HOUR),
    last_ts: seconds(now, 600),
    count: 214,
    excerpt_masked: excerpt,
    explanation,
    remedy,
    evidence: [{ segment: 12, packet: 482, ts: seconds(now, 600) }],
  });
  const found: DocumentFinding[] = [];
  if (one.category === 'camera')
    found.push(
      make(
        'CLR-04',
        'high',
        'Video leaves the network readable: HTTP PUT of an MP4 file.',
        'PUT /clip/••••.mp4?AccessKeyId=LT••••',
        'Block port 80 for this device, or replace it.',
      ),
    );
  if (one.category === 'scale')
    found.push(
      make(
        'PII-02',
        'high',
        'Weight, height and age are sent as readable JSON.',
        '{"weight":••,"height":•••,"age":••}',
        "Use the vendor's newer endpoint, or keep the scale off the network.",
      ),
    );
  if (one.category === 'hub')
    found.push(
      make(
        'CRED-03',
        'medium',
        'An API key stands in the address of local HTTP requests.',
        'GET /api/7f••••••••/lights',
        'Renew the key after the experiment.',
      ),
    );
  if (one.category === 'plug')
    found.push(make('ENT-02', 'low', 'Scrambled with a fixed, published key.', '55aa0000…', ''));
  if (one.vendor === HOSTILE_NAMES[1])
    HOSTILE_NAMES.forEach((name, index) =>
      found.push({ ...make(`ID-0${index}`, 'low', name, name, name), id: `hostile-${index}` }),
    );
  return found;
}
