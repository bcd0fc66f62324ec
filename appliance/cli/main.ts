#!/usr/bin/env node
// Where `weir` begins. The verb whose program was prepared starts out of one file; for all others verbs.ts is the table of contents.

const begun = process.argv[2] === 'analyze' && (await import('./prepared.ts')).startPrepared();
if (!begun) await (await import('./verbs.ts')).weir();
