'use strict';
// The driver: what measuring asks of a heap from inside. Runs the workload, forces GC, reads memory.
// Everything is compiled once and answers in numbers, so that measuring leaves no trace.

const Module = require('module');
const v8 = require('v8');
const { inspect } = require('util');
const { performance } = require('perf_hooks');
const { AsyncResource } = require('async_hooks');
const { compileText, compiledText, describe, importScript, load, loadFile, pick } = require('./code.cjs');
const { told, workOf } = require('./leakfile.cjs');
const { fillStandardStreams } = require('./streams.cjs');

module.exports = { makeDriver };

// Where Node was not started with --expose-gc, new contexts have it while the flag is on.
function hiddenGc() {
  v8.setFlagsFromString('--expose-gc');
  try {
    return require('vm').runInNewContext('gc');
  } finally {
    v8.setFlagsFromString('--no-expose-gc');
  }
}

// What the self-check plants: a list, for an array would grow in steps as well.
class PlantedLeak {
  constructor(next) {
    this.next = next;
  }
}

// The resource of an iteration. Under a name of its own: a program's errors keep it, by their stacks.
class NodeleakIteration extends AsyncResource {}

// real: what real.cjs kept; preloading: whether a last preload will tell that it has run; visiting:
// whether the program is somebody else's, and nothing in it ours to forget.
function makeDriver(real, preloading = false, visiting = false) {
  const { activeResources, immediate, memoryUsage, process, Promise, stringify, timeout } = real;
  const heapStatistics = v8.getHeapStatistics;
  const { writeHeapSnapshot } = v8;
  const now = performance.now.bind(performance);
  const collect = real.gc || hiddenGc();
  // Node keeps an entry of each of the first 250 fetches, for performance.getEntries(): no leak, but
  // until there are as many it looks like one.
  const forgets = !visiting && performance.clearResourceTimings !== undefined;
  const forgetFetches = forgets ? performance.clearResourceTimings.bind(performance) : () => {};
  const probe = timeout(() => {}, 0);
  real.clear(probe);

  const turn = () => new Promise((resolve) => immediate(resolve));

  // Time for an uncaught error to end the program before it counts as loaded.
  async function settleStart() {
    for (let i = 0; i < 5; i++) await turn();
    await new Promise((resolve) => timeout(resolve, 20));
    return 1;
  }

  // Whether Node has not begun to load the script, for it still awaits preloads. Up to Node 20 (and
  // early 22) a listener of Node's own is there until the script has loaded.
  const isPreloading = () =>
    driver.preloading || process.listeners('exit').some((f) => f.name === 'handleProcessExit');

  // Every method that gives a promise begins with a turn: Node 22 may collect one that is settled
  // at once before it has told so, and an endless loop can only be interrupted after a turn.
  const driver = {
    turn,
    timers: { set: timeout, prototype: Object.getPrototypeOf(probe) },
    work: null,
    hooks: null,
    done: 0,
    failure: '',
    prototype: null,
    planted: null,
    gcWatch: null,
    preloading,

    // Node begins with the script in the microtasks after the last preload.
    preloaded() {
      timeout(() => (driver.preloading = false), 5);
    },

    // Resolves when the main script has been loaded, its top-level await included.
    async ready() {
      await turn();
      fillStandardStreams();
      for (;;) {
        const main = process.mainModule;
        if (main === undefined && !isPreloading()) break;
        if (main && main.loaded) return 1;
        // It threw, but a handler of its own keeps the program going.
        if (main && Module._cache[main.filename] !== main) return settleStart();
        await new Promise((resolve) => timeout(resolve, 2));
      }
      try {
        await importScript();
      } catch {
        // The program itself reports what went wrong, by ending.
        return settleStart();
      }
      return 1;
    },

    async prepareText(text) {
      await turn();
      driver.work = null;
      driver.hooks = null;
      try {
        driver.work = compileText(text);
      } catch (error) {
        return describe(error);
      }
      return '';
    },

    async prepareModule(name, exportName, args) {
      await turn();
      driver.work = null;
      driver.hooks = null;
      let found;
      let namespace;
      try {
        namespace = await load(name);
        found = pick(namespace, exportName);
      } catch (error) {
        return describe(error);
      }
      if (!found) {
        const names = Object.keys(Object(namespace.default || namespace));
        return `module '${name}' has no function '${exportName}'; it exports: ${names.join(', ') || 'nothing'}`;
      }
      const { owner, value } = found;
      driver.hooks = { setup: pick(namespace, 'setup'), teardown: pick(namespace, 'teardown') };
      // Its name is known to the judge: compilers may put the workload into it.
      const work = args.length === 0 ? () => value.call(owner) : () => value.apply(owner, args);
      driver.work = work;
      return '';
    },

    async leakFile(file) {
      await turn();
      try {
        return stringify({ told: told(await loadFile(file)) });
      } catch (error) {
        return stringify({ error: describe(error) });
      }
    },

    async prepareFile(file, name) {
      await turn();
      driver.work = null;
      driver.hooks = null;
      try {
        const found = workOf(await loadFile(file), name);
        if (!found) return `it has no workload '${name}'`;
        driver.work = found.work;
        driver.hooks = found.hooks;
      } catch (error) {
        return describe(error);
      }
      return '';
    },

    async hook(name) {
      await turn();
      const found = driver.hooks && driver.hooks[name];
      if (!found) return '';
      try {
        await found.value.call(found.owner);
      } catch (error) {
        return describe(error);
      }
      await turn();
      return '';
    },

    // n iterations, fewer if milliseconds run out; returns how many were done,
    // or -1 - done if the next one threw (then `failure` says what).
    async run(n, milliseconds) {
      const work = driver.work;
      driver.done = 0;
      driver.failure = '';
      // After a turn even an endless loop can be interrupted by the debugger.
      await turn();
      const end = now() + milliseconds;
      try {
        while (driver.done < n) {
          // As a request has: what hangs on the current resource goes with it.
          const resource = new NodeleakIteration('NODELEAK');
          const result = resource.runInAsyncScope(work);
          if (result !== null && typeof result === 'object' && typeof result.then === 'function') {
            await result;
          }
          driver.done++;
          // Timers and sockets get their turn also when iterations never wait for them.
          if ((driver.done & 15) === 0) await turn();
          if (now() >= end) break;
        }
      } catch (error) {
        driver.failure = describe(error);
        await turn();
        return -1 - driver.done;
      }
      await turn();
      return driver.done;
    },

    failed() {
      return driver.failure;
    },

    // Keeps n more objects alive; 0 lets all of them go.
    plant(n) {
      if (n === 0) driver.planted = null;
      for (let i = 0; i < n; i++) driver.planted = new PlantedLeak(driver.planted);
      return n;
    },

    async settle(times) {
      forgetFetches();
      for (let i = 0; i < times; i++) {
        await turn();
        collect();
      }
      return driver.read();
    },

    // In a thread that sleeps in Atomics.wait, whose event loop has no turns.
    settleAsleep(times) {
      for (let i = 0; i < times; i++) collect();
      return driver.read();
    },

    read() {
      const { heapUsed, external, arrayBuffers, rss } = memoryUsage();
      const heap = heapStatistics();
      return heapUsed + ' ' + external + ' ' + arrayBuffers + ' ' + rss + ' ' + heap.number_of_native_contexts + ' ' + activeResources().length + ' ' + heap.total_physical_size;
    },

    // Bytes in use, garbage included.
    usage() {
      return heapStatistics().used_heap_size;
    },

    // After a turn: an interrupt would show the program in the middle of a loop of its own.
    async writeSnapshot(path) {
      await turn();
      writeHeapSnapshot(path);
      return '';
    },

    writeSnapshotAsleep(path) {
      writeHeapSnapshot(path);
      return '';
    },

    heapLimit() {
      return heapStatistics().heap_size_limit;
    },

    // GC runs as they happen, from the first call on; what: see gc.cjs.
    gc(what) {
      if (!driver.gcWatch) driver.gcWatch = require('./gc.cjs').watchGc(turn);
      const watch = driver.gcWatch;
      if (what === 'stop') driver.gcWatch = null;
      return watch[what]();
    },

    // How many of each kind keep the event loop going: {"Timeout": 2, "TCPSocketWrap": 1}.
    resources() {
      const counts = Object.create(null);
      for (const kind of activeResources()) counts[kind] = (counts[kind] || 0) + 1;
      return stringify(counts);
    },

    async evaluate(text) {
      try {
        const work = compiledText(text);
        await turn();
        const value = await work();
        await turn();
        const json = stringify(value === undefined ? null : value);
        return json === undefined ? '{"value":null}' : '{"value":' + json + '}';
      } catch (error) {
        return stringify({ error: describe(error) });
      }
    },

    // Keeps the prototype that `text` gives, itself or as a class, for the engine to count by.
    async choosePrototype(text) {
      driver.prototype = null;
      if (text === '') return '';
      try {
        const work = compiledText(text);
        await turn();
        const value = await work();
        const found = typeof value === 'function' ? value.prototype : value;
        if (found === null || typeof found !== 'object') {
          return 'needs a class or a prototype, not ' + inspect(value);
        }
        driver.prototype = found;
        return '';
      } catch (error) {
        return describe(error);
      }
    },
  };

  return driver;
}
