import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../appliance/cli/main.js', import.meta.url));
const text = (shell: string) => execFileSync(process.execPath, [MAIN, 'completion', shell]).toString();

/** What bash itself would offer for a line that ends in the last word. */
function offered(script: string, words: readonly string[]): string[] {
  const line = `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _weir; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const ran = spawnSync('bash', ['-c', `${script}\n${line}`], { encoding: 'utf8' });
  assert.equal(ran.stderr, '');
  return ran.stdout.trim().split('\n');
}

const hasBash = spawnSync('bash', ['--version']).status === 0;

test('bash completes verbs, verbs of verbs and their options', {
  skip: hasBash ? false : 'bash is not installed',
}, () => {
  const script = text('bash');
  assert.deepEqual(offered(script, ['weir', 'pul']), ['pull']);
  assert.deepEqual(offered(script, ['weir', 'archive', 'co']), ['compact']);
  assert.deepEqual(offered(script, ['weir', 'token', 'make', 'lab', '--sc']), ['--scope']);
  assert.deepEqual(offered(script, ['weir', 'verify', '--tsa']), ['--tsa-ca']);
  // A program of its own, which says its verbs itself.
  assert.deepEqual(offered(script, ['weir', 'proxy', 'res']), ['results']);
  assert.deepEqual(offered(script, ['weir', 'proxy', 'start', '--dev']), ['--device']);
});

test('zsh and fish have the same verbs; another shell is refused in a line', () => {
  assert.match(text('zsh'), /^#compdef weir/);
  assert.match(text('fish'), /complete -c weir -n '__fish_use_subcommand' -a pull/);
  const ran = spawnSync(process.execPath, [MAIN, 'completion', 'cmd'], { encoding: 'utf8' });
  assert.deepEqual(
    [ran.status, ran.stderr],
    [2, 'weir: there is no completion for that shell; there are bash, zsh, fish. [USAGE]\n'],
  );
});
