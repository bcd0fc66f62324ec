// Topics of the appliance (CONVENTIONS §1). Every character in them is one we generate: the configured base, the appliance's
// id, twelve hexadecimal digits of a MAC, and fixed words. Names that devices gave themselves are in payloads only.

export interface Topics {
  readonly base: string;
  readonly availability: string;
  readonly state: string;
  readonly event: string;
  /** What a campaign wants done. */
  readonly call: string;
  readonly day: string;
  readonly openFindings: string;
  readonly requests: string;
  device(id: string): { readonly state: string; readonly hour: string };
  finding(device: string, finding: string): string;
  response(verb: string): string;
}

export function makeTopics(baseTopic: string, applianceId: string): Topics {
  const base = baseTopic === '' ? `weir/${applianceId}` : baseTopic.replace(/\/+$/, '');
  return {
    base,
    availability: `${base}/availability`,
    state: `${base}/state`,
    event: `${base}/event`,
    call: `${base}/campaign/call`,
    day: `${base}/summary/day`,
    openFindings: `${base}/findings/open`,
    requests: `${base}/request/#`,
    device: (id) => ({ state: `${base}/device/${word(id)}/state`, hour: `${base}/device/${word(id)}/summary/hour` }),
    finding: (device, finding) => `${base}/device/${word(device)}/finding/${word(finding)}`,
    response: (verb) => `${base}/response/${verb}`,
  };
}

/** Last line of defence: whatever gets here, only these characters get into a topic. */
export function word(text: string): string {
  return (
    text
      .toLowerCase()
      .replaceAll(/[^a-z0-9_-]/g, '')
      .slice(0, 64) || '_'
  );
}
