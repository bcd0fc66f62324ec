// Both processes of Weir for pm2-runtime, in the foreground. pm2 only starts our programs (`interpreter: 'none'`) and is
// never loaded into them. On a Pi with systemd, capture has a unit of its own and only the appliance runs here.
//
// WEIR_CONFIG          configuration file
// WEIR_CAPTURE_PREFIX  JSON list of words put before the capture command (the testbed enters its network with it)
// WEIR_LOGS            folder for the logs; without it they go to standard output

const fs = require('node:fs');
const path = require('node:path');

// Installed, the program lies beside this folder; in the source tree it is in dist/.
const places = ['appliance', 'dist/appliance'].map((folder) => path.join(__dirname, '..', folder, 'cli', 'main.js'));
const main = places.find((file) => fs.existsSync(file)) ?? places[1];
const config = process.env.WEIR_CONFIG ? ['--config', process.env.WEIR_CONFIG] : [];
const prefix = JSON.parse(process.env.WEIR_CAPTURE_PREFIX ?? '[]');

/** V8 sizes its heap by the machine's memory and collects late on a large one; the appliance must fit a Pi with 1 GB. */
const SMALL_HEAP = [
  '--max-old-space-size=192',
  '--max-semi-space-size=1',
  // Of each thread: collected after a tenth more than was left by the last time, and holes closed. Measured: 10 MB less in all.
  '--optimize-for-size',
  '--heap-growing-percent=10',
];

/** Back-off instead of a restart limit: pm2 would give up for ever after 16 quick failures. */
function app(name, words) {
  const [script, ...args] = words;
  const logs = process.env.WEIR_LOGS;
  return {
    name,
    script,
    args,
    interpreter: 'none',
    exec_mode: 'fork',
    autorestart: true,
    // One arena of the C library for all threads, and large pieces in mappings of their own: with its usual eight arenas a flood
    // takes the appliance half as much again, and the holes between blocks of packets take capture 10 MB.
    env: { MALLOC_ARENA_MAX: '1', MALLOC_MMAP_THRESHOLD_: '65536' },
    exp_backoff_restart_delay: 250,
    // Capture drains its engine and closes every segment; nothing is gained by cutting that short.
    kill_timeout: 15000,
    // How often pm2 looks whether it has ended. It writes "failed to kill" each time that it has not, which only means "not yet".
    kill_retry_time: 1000,
    pmx: false,
    // Only our own process is told to stop; it stops its engine itself, in the order that loses nothing.
    treekill: false,
    merge_logs: true,
    ...(logs ? { out_file: path.join(logs, `${name}.log`), error_file: path.join(logs, `${name}.log`) } : {}),
  };
}

module.exports = {
  apps: [
    app('weir-capture', [...prefix, process.execPath, main, 'capture', ...config]),
    app('weir-appliance', [process.execPath, ...SMALL_HEAP, main, 'appliance', ...config]),
  ],
};
