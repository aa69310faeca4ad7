'use strict';
// Preloaded into the program under test. Runs the workload, forces GC, reads memory.
// Everything is compiled once and answers in numbers, so that measuring leaves no trace.

const { isMainThread } = require('worker_threads');
const KEY = Symbol.for('pytest-nodeleak.driver');

if (isMainThread && !globalThis[KEY]) {
  install();
  const driver = globalThis[KEY];
  // Nothing of the program runs before we are connected. --inspect-brk would do the same, but
  // its worker threads would wait as well, for ever.
  driver.state = 'waiting';
  require('inspector').waitForDebugger();
  driver.state = 'running';
}

function install() {
  const fs = require('fs');
  const path = require('path');
  const Module = require('module');
  const v8 = require('v8');
  const { pathToFileURL } = require('url');
  const { performance } = require('perf_hooks');
  // The program may replace these (fake timers): keep the real ones.
  const immediate = setImmediate;
  const memoryUsage = process.memoryUsage.bind(process);
  const heapStatistics = v8.getHeapStatistics;
  const activeResources = process.getActiveResourcesInfo
    ? process.getActiveResourcesInfo.bind(process)
    : () => [];
  const now = performance.now.bind(performance);
  const collect = globalThis.gc;

  // Children of fork() and cluster inherit execArgv; they must not wait for a debugger.
  const own = (i, list) =>
    /^--inspect/.test(list[i]) ||
    list[i] === __filename ||
    (/^(-r|--require)$/.test(list[i]) && list[i + 1] === __filename);
  process.execArgv.splice(0, Infinity, ...process.execArgv.filter((_, i, all) => !own(i, all)));

  holdLifeline();

  const turn = () => new Promise((resolve) => immediate(resolve));

  // The pipe keeps the event loop alive for scripts that end at once, and its end
  // tells that the test process is gone, however it went.
  function holdLifeline() {
    const fd = Number(process.env.NODELEAK_LIFELINE || -1);
    delete process.env.NODELEAK_LIFELINE;
    if (fd < 0) {
      setInterval(() => {}, 0x7fffffff);
      return;
    }
    const { Socket } = require('net');
    const pipe = new Socket({ fd, readable: true, writable: false });
    pipe.on('error', () => {});
    pipe.on('close', () => process.kill(process.pid, 'SIGKILL'));
    pipe.resume();
  }

  function describe(error) {
    if (error !== null && typeof error === 'object' && typeof error.stack === 'string') {
      const text = error.stack;
      return error.cause === undefined ? text : text + '\n[cause] ' + describe(error.cause);
    }
    let shown;
    try {
      shown = require('util').inspect(error);
    } catch {
      shown = String(error);
    }
    return 'thrown value: ' + shown;
  }

  // Code compiled as if it stood in a file beside the script: require, import() and
  // __dirname mean there what they mean in the program.
  function compile(body) {
    const main = process.argv[1] ? path.resolve(process.argv[1]) : path.join(process.cwd(), '_');
    let folder = path.dirname(main);
    try {
      folder = path.dirname(fs.realpathSync(main));
    } catch {
      // A script given by its resolved name only: the folder stays as written.
    }
    const filename = path.join(folder, '[nodeleak workload].cjs');
    const unit = new Module(filename, null);
    unit.filename = filename;
    unit.paths = Module._nodeModulePaths(folder);
    unit._compile(body, filename);
    unit.loaded = true;
    return unit.exports;
  }

  function compileText(text) {
    try {
      return compile('module.exports = async () => (\n' + text + '\n);');
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
    return compile('module.exports = async () => {\n' + text + '\n};');
  }

  async function load(name) {
    const unit = compile('module.exports = { require, load: (n) => import(n) };');
    try {
      return unit.require(name);
    } catch (error) {
      const esm = ['ERR_REQUIRE_ESM', 'ERR_REQUIRE_ASYNC_MODULE', 'ERR_PACKAGE_PATH_NOT_EXPORTED'];
      if (!error || !esm.includes(error.code)) throw error;
    }
    return unit.load(path.isAbsolute(name) ? pathToFileURL(name).href : name);
  }

  function pick(namespace, name) {
    const parts = name.split('.');
    for (const root of [namespace, namespace && namespace.default]) {
      let owner = root;
      let value = root;
      for (const part of parts) {
        owner = value;
        value = value === null || value === undefined ? undefined : value[part];
      }
      if (typeof value === 'function') return { owner, value };
    }
    return null;
  }

  const driver = {
    state: 'new',
    work: null,
    hooks: null,
    done: 0,
    failure: '',

    // Resolves when the main script has been loaded, its top-level await included.
    async ready() {
      await turn();
      for (;;) {
        const main = process.mainModule;
        if (main === undefined) break;
        if (main.loaded) return 1;
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      const script = process.argv[1];
      if (!script) return 1;
      try {
        // Already being loaded as the main module: this is the same instance.
        await import(pathToFileURL(fs.realpathSync(path.resolve(script))).href);
      } catch {
        // The program itself reports what went wrong, by ending.
      }
      return 1;
    },

    async prepareText(text) {
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
      driver.work = args.length === 0 ? () => value.call(owner) : () => value.apply(owner, args);
      return '';
    },

    async workloadOptions(name) {
      try {
        const namespace = await load(name);
        if (!pick(namespace, 'iteration')) return '{"options":null}';
        const holder = namespace.options === undefined ? namespace.default : namespace;
        return JSON.stringify({ options: (holder && holder.options) || {} });
      } catch (error) {
        return JSON.stringify({ error: describe(error) });
      }
    },

    async hook(name) {
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
          const result = work();
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

    async settle(times) {
      for (let i = 0; i < times; i++) {
        await turn();
        collect();
      }
      return driver.read();
    },

    read() {
      const { heapUsed, external, arrayBuffers, rss } = memoryUsage();
      const contexts = heapStatistics().number_of_native_contexts;
      return heapUsed + ' ' + external + ' ' + arrayBuffers + ' ' + rss + ' ' + contexts + ' ' + activeResources().length;
    },

    async evaluate(text) {
      try {
        const value = await compileText(text)();
        await turn();
        const json = JSON.stringify(value === undefined ? null : value);
        return json === undefined ? '{"value":null}' : '{"value":' + json + '}';
      } catch (error) {
        return JSON.stringify({ error: describe(error) });
      }
    },
  };
  Object.defineProperty(globalThis, KEY, { value: driver });
}
