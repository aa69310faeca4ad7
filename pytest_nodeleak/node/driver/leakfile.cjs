'use strict';
// What a leak file exports: told as plain data at collection and at the start, and made to run.

const { inspect } = require('util');
const { stringify } = JSON;

module.exports = { told, workOf };

// What stands in the namespace of a CommonJS module besides its exports.
const OF_THE_LOADER = ['default', 'module.exports'];
const isObject = (value) => value !== null && typeof value === 'object';
const isFunction = (value) => typeof value === 'function';

// The exports, whether CommonJS or an ES module, or one that a loader made of TypeScript. Of
// `module.exports = { iteration() {}, setup() {} }` Node names only the first: all are in `default`.
function exportsOf(namespace) {
  const whole = namespace && namespace.default;
  for (const found of [whole, namespace]) {
    if ((isObject(found) || isFunction(found)) && ('iteration' in found || 'workloads' in found)) {
      return found;
    }
  }
  return isObject(whole) || isFunction(whole) ? whole : Object(namespace);
}

// Each test by name, with the object that has its iteration, or a sentence saying what is wrong.
function testsOf(file) {
  const tests = [];
  if (isFunction(file.iteration)) tests.push({ name: 'iteration', own: null });
  const { workloads } = file;
  if (workloads !== undefined && (!isObject(workloads) || Object.keys(workloads).length === 0)) {
    return 'its `workloads` is no object such as { checkout: { iteration() {} } }';
  }
  for (const name of Object.keys(workloads || {})) {
    const given = workloads[name];
    const own = isFunction(given) ? { iteration: given } : given;
    if (!isObject(own) || !isFunction(own.iteration)) {
      return `workload '${name}' has no function \`iteration\``;
    }
    if (tests.some((test) => test.name === name)) return `there are two workloads '${name}'`;
    tests.push({ name, own });
  }
  return tests;
}

function optionsOf(file, test) {
  const parts = [file.options, test.own ? test.own.options : undefined];
  for (const part of parts) {
    if (part !== undefined && (!isObject(part) || Array.isArray(part))) {
      throw new TypeError(`\`options\` of ${test.name} is not an object but ${inspect(part)}`);
    }
  }
  const [all, own] = parts.map((part) => ({ ...part }));
  return { ...all, ...own, markers: [all.markers, own.markers].filter((m) => m !== undefined) };
}

// JSON: {tests: [{name, options}], problem, exports}; `problem` is a sentence, or ''.
function told(namespace) {
  const file = exportsOf(namespace);
  const exported = Object.keys(file).filter((key) => !OF_THE_LOADER.includes(key));
  try {
    const tests = testsOf(file);
    if (typeof tests === 'string') return stringify({ tests: [], problem: tests, exports: exported });
    const plain = tests.map((test) => ({ name: test.name, options: optionsOf(file, test) }));
    return stringify({ tests: plain, problem: '', exports: exported });
  } catch (error) {
    return stringify({ tests: [], problem: String(error.message), exports: exported });
  }
}

// The function to repeat, and what is to run once before and after it; null: there is none.
function workOf(namespace, name) {
  const file = exportsOf(namespace);
  const tests = testsOf(file);
  const test = typeof tests !== 'string' && tests.find((one) => one.name === name);
  if (!test) return null;
  const owner = test.own || file;
  const holders = test.own ? [file, test.own] : [file];
  const once = (hook, order) => {
    const found = order.filter((holder) => isFunction(holder[hook]));
    if (found.length === 0) return null;
    return {
      owner: null,
      async value() {
        for (const holder of found) await holder[hook]();
      },
    };
  };
  const { iteration } = owner;
  return {
    work: () => iteration.call(owner),
    hooks: { setup: once('setup', holders), teardown: once('teardown', [...holders].reverse()) },
  };
}
