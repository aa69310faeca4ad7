'use strict';
// JavaScript from outside and modules of the program, made callable.

const fs = require('fs');
const path = require('path');
const Module = require('module');
const { inspect } = require('util');
const { pathToFileURL } = require('url');

// The program may mock or change these: keep the real ones.
const { process } = require('./real.cjs');
const realpath = fs.realpathSync;
const script = process.argv[1] ? path.resolve(process.argv[1]) : '';
const startFolder = process.cwd();
let compiled = Object.create(null);
let compiledTexts = 0;

module.exports = { compileText, compiledText, describe, importScript, load, loadFile, pick };

const LONGEST = 10000;

// At most 10,000 characters: somebody throws a whole response.
function describe(error) {
  const text = described(error);
  return text.length <= LONGEST ? text : text.slice(0, LONGEST) + ' [... cut]';
}

function described(error) {
  try {
    if (error !== null && typeof error === 'object' && typeof error.stack === 'string') {
      // From the first frame of ours on, a stack says nothing about the program.
      const lines = error.stack.split('\n');
      const ours = lines.findIndex((line) => line.includes(__dirname));
      const text = (ours > 0 ? lines.slice(0, ours) : lines).join('\n');
      return error.cause === undefined ? text : text + '\n[cause] ' + described(error.cause);
    }
    return 'thrown value: ' + inspect(error);
  } catch {
    return plainly(error);
  }
}

// Of an error whose stack cannot be had: Error.prepareStackTrace of the program may throw.
function plainly(error) {
  try {
    if (error instanceof Error) return error.name + ': ' + error.message;
  } catch {
    // Neither can its message.
  }
  return 'a thrown value that cannot be shown';
}

// Code compiled as if it stood in a file beside the script: require, import() and
// __dirname mean there what they mean in the program.
function compile(body) {
  const folder = mainFolder();
  const filename = path.join(folder, '[nodeleak workload].cjs');
  const unit = new Module(filename, null);
  unit.filename = filename;
  unit.paths = Module._nodeModulePaths(folder);
  unit._compile(body, filename);
  unit.loaded = true;
  return unit.exports;
}

function mainFolder() {
  const main = process.mainModule;
  // node FOLDER runs FOLDER/index.js: the module knows.
  if (main && typeof main.filename === 'string') return path.dirname(main.filename);
  if (!script) return startFolder;
  try {
    return path.dirname(realpath(script));
  } catch {
    return path.dirname(script); // removed meanwhile
  }
}

function compileText(text) {
  try {
    const expression = text.replace(/[;\s]+$/, '');
    return compile('module.exports = async () => (\n' + expression + '\n);');
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return compile('module.exports = async () => {\n' + text + '\n};');
}

// Code given again is not compiled again, which would leave its traces in the heap.
function compiledText(text) {
  if (compiled[text] === undefined) {
    if (compiledTexts++ >= 32) {
      compiled = Object.create(null);
      compiledTexts = 1;
    }
    compiled[text] = compileText(text);
  }
  return compiled[text];
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

// As Node itself loads a script: the main one, being loaded already, is the same instance.
function loadFile(file) {
  return import(pathToFileURL(realpath(file)).href);
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

// The namespace of an ES module main: being loaded already, it is the same instance.
async function importScript() {
  if (script) await import(pathToFileURL(realpath(script)).href);
}
