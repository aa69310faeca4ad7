'use strict';
// Preloaded into children of the program that run Node, whatever their version, and into their
// worker threads. The child runs as it would without: nothing here may throw, print or wait.

try {
  begin();
} catch {
  // Measured or not, the child runs.
}

function begin() {
  const { isMainThread } = require('worker_threads');
  if (!isMainThread) {
    require('./thread.cjs');
    return;
  }
  const { MARK, OPTIONS, PLAN, PRELOAD, adoptChildren } = require('./family.cjs');
  const text = process.env[PLAN];
  if (!text) return;
  const { marked, ...plan } = JSON.parse(text);
  // What the program sees is what it would have seen.
  delete process.env[PLAN];
  if (!marked) delete process.env[MARK];
  const options = process.env[OPTIONS] || '';
  if (options === PRELOAD) delete process.env[OPTIONS];
  else if (options.startsWith(PRELOAD + ' ')) {
    process.env[OPTIONS] = options.slice(PRELOAD.length + 1);
  }
  adoptChildren(plan);
  if (Number(process.versions.node.split('.')[0]) >= 18) {
    require('./link.cjs').link(plan, hide);
  }
  hide();
}

function hide() {
  const ours = (file) => String(file).startsWith(__dirname);
  for (const file of Object.keys(require.cache)) if (ours(file)) delete require.cache[file];
  const preloads = process._preload_modules;
  if (Array.isArray(preloads)) {
    preloads.splice(0, Infinity, ...preloads.filter((file) => !ours(file)));
  }
}
