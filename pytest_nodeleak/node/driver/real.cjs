'use strict';
// What the program may replace (fake timers, mocks, polyfills), kept as it was before its first line.
// Needs no module: each child and each worker thread of the program loads this.

module.exports = {
  activeResources: process.getActiveResourcesInfo
    ? process.getActiveResourcesInfo.bind(process)
    : () => [],
  clear: clearTimeout,
  gc: globalThis.gc,
  immediate: setImmediate,
  memoryUsage: process.memoryUsage.bind(process),
  process,
  Promise: globalThis.Promise,
  stringify: JSON.stringify,
  parse: JSON.parse,
  timeout: setTimeout,
};
