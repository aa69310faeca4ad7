'use strict';
// Preloaded into children of the program that run Node, whatever their version, and into their
// worker threads. The child runs as it would without: nothing here may throw, print or wait.
// Each module that is loaded here costs each child a millisecond.

try {
  if (process.env.NODELEAK_HEAPS) begin();
  else require('./thread.cjs');
} catch {
  // Measured or not, the child runs.
}

function begin() {
  const { MARK, OPTIONS, PLAN, PRELOAD, adoptChildren } = require('./family.cjs');
  const { marked, ...plan } = JSON.parse(process.env[PLAN]);
  // What the program sees is what it would have seen.
  delete process.env[PLAN];
  if (!marked) delete process.env[MARK];
  const options = process.env[OPTIONS] || '';
  if (options === PRELOAD) delete process.env[OPTIONS];
  else if (options.startsWith(PRELOAD + ' ')) {
    process.env[OPTIONS] = options.slice(PRELOAD.length + 1);
  }
  adoptChildren(plan);
  if (major() >= 18) {
    if (plan.jit === 'off') keepQuiet();
    const ready = require('./offer.cjs').offer(hide);
    const { timeout } = require('./real.cjs');
    // Not before the first turn of the event loop: a child that ends at once pays no more.
    const connect = (real) => {
      ready();
      require('./link.cjs').connect(plan.socket, real);
      hide();
    };
    if (ready) timeout(connect, 0, require('./real.cjs')).unref();
  }
  hide();
}

function major() {
  return Number(process.versions.node.split('.')[0]);
}

// As on the command line of the program itself.
function keepQuiet() {
  const { setFlagsFromString } = require('v8');
  const flags = ['--no-opt', '--no-sparkplug', '--no-lazy-feedback-allocation', '--no-flush-bytecode'];
  if (major() >= 20) flags.push('--no-maglev');
  flags.forEach((flag) => setFlagsFromString(flag));
}

function hide() {
  const ours = (file) => String(file).startsWith(__dirname);
  for (const file of Object.keys(require.cache)) if (ours(file)) delete require.cache[file];
  const preloads = process._preload_modules;
  if (Array.isArray(preloads)) {
    preloads.splice(0, Infinity, ...preloads.filter((file) => !ours(file)));
  }
}
