'use strict';
// node verify.js CASE [VARIANT] [--node PATH] [--n N] [--rounds R] [--warmup W] [--names] [--json]
//
// Checks one case with nothing of pytest-nodeleak in it: setup, W iterations of
// warm-up, then R rounds of N iterations with forced garbage collections between
// them. Prints heapUsed + external after each round and bytes per iteration over
// the second half of the rounds. --names takes a heap snapshot before and after
// the rounds and lists the constructors whose population grew.
const fs = require('fs');
const os = require('os');
const path = require('path');
const v8 = require('v8');
const { spawnSync } = require('child_process');

const argv = process.argv.slice(2);
const flag = (name) => argv.includes('--' + name);
const option = (name, fallback) => (flag(name) ? argv[argv.indexOf('--' + name) + 1] : fallback);
const dir = path.resolve(__dirname, argv[0] || '.');
const meta = JSON.parse(fs.readFileSync(path.join(dir, 'case.json'), 'utf8'));
const named = meta.variants && !Array.isArray(meta.variants) ? Object.keys(meta.variants) : ['fixed', 'leaky'];
const variant = named.includes(argv[1]) ? argv[1] : named[0];
const perRound = Number(option('n', meta.iterations || 200));
const rounds = Number(option('rounds', 10));
const warmup = Number(option('warmup', perRound));

function parent() {
  const alias = meta.node && meta.node[variant];
  const bin = alias ? path.join(dir, 'node_modules', alias, 'bin', 'node') : option('node', process.execPath);
  const major = Number(spawnSync(bin, ['-p', 'parseInt(process.versions.node)']).stdout);
  const quiet = ['--expose-gc', '--no-opt', '--no-sparkplug', ...(major > 18 ? ['--no-maglev'] : [])];
  const run = spawnSync(bin, [...quiet, ...(meta.flags || []), __filename, ...argv], {
    cwd: dir,
    env: { ...process.env, NODE_NO_WARNINGS: '1', ...meta.env, VARIANT: variant, VERIFY_CHILD: '1' },
    stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
    maxBuffer: 1 << 26,
    timeout: 300000,
    killSignal: 'SIGKILL',
  });
  process.stdout.write(run.output[3]);
  if (run.status !== 0) console.log(`FAILED: exit ${run.status} signal ${run.signal}`);
  process.exit(run.status === 0 ? 0 : 1);
}

const say = (text) => fs.writeSync(3, text + '\n');
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

async function collect() {
  await sleep(meta.settleMs || 5);
  for (let i = 0; i < 4; i++) {
    await new Promise((done) => setImmediate(done));
    global.gc();
  }
}

const GENERIC = { string: '(string)', 'concatenated string': '(string)', 'sliced string': '(string)', array: '(array)', number: '(number)', closure: 'Function', regexp: 'RegExp', symbol: '(symbol)', bigint: '(bigint)' };

function population() {
  const file = v8.writeHeapSnapshot(path.join(os.tmpdir(), `verify-${process.pid}.heapsnapshot`));
  const snapshot = JSON.parse(fs.readFileSync(file, 'utf8'));
  fs.unlinkSync(file);
  const fields = snapshot.snapshot.meta.node_fields;
  const types = snapshot.snapshot.meta.node_types[0];
  const [type, name] = [fields.indexOf('type'), fields.indexOf('name')];
  const counts = new Map();
  for (let i = 0; i < snapshot.nodes.length; i += fields.length) {
    const kind = types[snapshot.nodes[i + type]];
    const known = GENERIC[kind];
    if (!known && kind !== 'object' && kind !== 'native') continue;
    const key = known || snapshot.strings[snapshot.nodes[i + name]];
    counts.set(key, (counts.get(key) || 0) + 1);
  }
  return counts;
}

function growth(before, after, iterations) {
  const rows = [];
  for (const [name, count] of after) {
    const per = (count - (before.get(name) || 0)) / iterations;
    if (per >= 0.002) rows.push({ name, per: Number(per.toFixed(3)) });
  }
  return rows.sort((a, b) => b.per - a.per);
}

async function child() {
  process.once('beforeExit', () => { console.error('the event loop ran dry in the middle of an iteration'); process.exit(1); });
  const workload = require(path.join(dir, 'workload.js'));
  if (workload.setup) await workload.setup();
  for (let i = 0; i < warmup; i++) await workload.iteration();
  await collect();
  await collect();
  const before = flag('names') ? population() : null;
  await collect();
  const series = [];
  let busy = 0;
  for (let round = 0; round < rounds; round++) {
    const start = process.hrtime.bigint();
    for (let i = 0; i < perRound; i++) await workload.iteration();
    busy += Number(process.hrtime.bigint() - start) / 1e6;
    await collect();
    const { heapUsed, external } = process.memoryUsage();
    series.push(heapUsed + external);
  }
  const half = Math.floor(rounds / 2) - 1;
  const slope = (series[rounds - 1] - series[half]) / (perRound * (rounds - 1 - half));
  const names = before ? growth(before, population(), perRound * rounds) : [];
  const result = {
    case: argv[0], variant, node: process.version, n: perRound, rounds,
    ms: Number((busy / perRound / rounds).toFixed(3)), bytesPerIteration: Number(slope.toFixed(1)), series, names,
  };
  if (flag('json')) say(JSON.stringify(result));
  else {
    say(`${result.case} ${variant} ${result.node}: ${result.bytesPerIteration} B per iteration, ${result.ms} ms`);
    say(`  kB: ${series.map((bytes) => (bytes / 1000).toFixed(1)).join(' ')}`);
    for (const row of names.slice(0, 12)) say(`  ${row.per} ${row.name}`);
  }
  if (workload.teardown) await workload.teardown();
  process.exit(0);
}

if (process.env.VERIFY_CHILD) child().catch((error) => { console.error(error); process.exit(1); });
else parent();
