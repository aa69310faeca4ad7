'use strict';
// Offers the driver to who asks for it, and costs nothing before.

const real = require('./real.cjs');
const KEY = Symbol.for('pytest-nodeleak.driver');

module.exports = { offer };

// The driver is there from the call of the function that this returns on; null: it was before.
// built() is called when it has been built.
function offer(built = () => {}) {
  if (Object.getOwnPropertyDescriptor(globalThis, KEY)) return null;
  let open = false;
  Object.defineProperty(globalThis, KEY, {
    configurable: true,
    get() {
      if (!open) return undefined;
      const driver = require('./methods.cjs').makeDriver(real);
      Object.defineProperty(globalThis, KEY, { value: driver });
      built();
      return driver;
    },
  });
  return () => {
    open = true;
  };
}
