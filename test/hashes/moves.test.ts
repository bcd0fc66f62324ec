// What two documents say differently is counted by kind, each change once.

import { equal, match } from 'node:assert/strict';
import { test } from 'node:test';
import { countMoves, type Moves, printMoves } from './moves.ts';

const row = { proto: 'tcp', a_ip: '192.0.2.1', a_port: 1, b_ip: '192.0.2.2', b_port: 2, verdict: 'opaque' };

test('a verdict that changed, a finding that came and a destination that went are each reported once', () => {
  const moves: Moves = new Map();
  const before = { conversations: [row], destinations: [{ ip: '192.0.2.2', names: ['a.example'] }], findings: [] };
  const after = {
    conversations: [{ ...row, verdict: 'encrypted' }],
    destinations: [],
    findings: [{ id: 'x', rule: 'CLR-01', severity: 'high' }],
  };
  countMoves(moves, before, after);
  const text = printMoves(moves);
  match(text, /conversation verdict: 1\n +1 {2}"opaque" -> "encrypted"/);
  match(text, /destination names: 1\n +1 {2}\["a\.example"\] -> \(no row\)/);
  match(text, /finding: 1\n +1 {2}\(no row\) -> "CLR-01" "high"/);
});

test('equal documents differ in nothing', () => {
  const moves: Moves = new Map();
  countMoves(moves, { conversations: [row] }, { conversations: [{ ...row }] });
  equal(printMoves(moves), 'nothing differs\n');
});
