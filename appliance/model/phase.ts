// What the experimenter was doing while packets were captured. Names follow the paper (SEEDS P2, P3) and Mon(IoT)r.

export const PHASES = ['unlabelled', 'setup', 'idle', 'intensive', 'scan', 'proxy'] as const;
export type Phase = (typeof PHASES)[number];

export const INTERACTIONS = ['none', 'lan_app', 'wan_app', 'voice', 'physical'] as const;
export type Interaction = (typeof INTERACTIONS)[number];

export function isPhase(text: unknown): text is Phase {
  return PHASES.includes(text as Phase);
}

export function isInteraction(text: unknown): text is Interaction {
  return INTERACTIONS.includes(text as Interaction);
}
