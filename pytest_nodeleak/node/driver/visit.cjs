'use strict';
// The driver as a visitor in a program that ran before we came: it goes again, and by itself too, if
// nobody has asked it anything for a while (we were killed, the connection was cut).

const { makeDriver } = require('./methods.cjs');
const real = require('./real.cjs');
const { fillStandardStreams } = require('./streams.cjs');

module.exports = { visit };

const KEY = Symbol.for('pytest-nodeleak.driver');
const BEAT = 10_000; // ms
const MOST_MISSED = 6;

// "": it is there; else why not. closes: a function that closes the inspector at the end.
function visit(closes) {
  if (Object.getOwnPropertyDescriptor(globalThis, KEY)) return 'somebody measures it already';
  fillStandardStreams();
  const driver = makeDriver(real, false, true);
  let missed = 0;
  for (const [name, method] of Object.entries(driver)) {
    if (typeof method !== 'function') continue;
    driver[name] = (a, b, c) => {
      missed = 0;
      return method(a, b, c);
    };
  }
  // A program that stood still for long has missed one beat, not many.
  const beat = setInterval(() => {
    if (++missed > MOST_MISSED) driver.leave();
  }, BEAT);
  beat.unref();
  driver.leave = () => {
    clearInterval(beat);
    if (driver.gcWatch) driver.gc('stop');
    driver.work = driver.hooks = driver.prototype = driver.planted = null;
    delete globalThis[KEY];
    if (closes) real.timeout(closes, 20);
    return 1;
  };
  Object.defineProperty(globalThis, KEY, { value: driver, configurable: true });
  return '';
}
