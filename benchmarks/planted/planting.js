'use strict';
// What the environment variable VARIANT plants in the programs beside this file. Each program asks
// at the place where it lets go of an object, so a variant changes that place and nothing else: all
// variants do the same work, and all take the error path in every seventh iteration.
const EVERY = { each: 1, tenth: 10, hundredth: 100 };
const VARIANTS = ['healthy', ...Object.keys(EVERY), 'error', 'weakmap'];

const variant = process.env.VARIANT || 'healthy';
if (!VARIANTS.includes(variant)) throw new Error(`VARIANT is ${variant}, not one of ${VARIANTS}`);
const every = EVERY[variant] || 0;
let asked = 0;

module.exports = {
  /** True once in 1, 10 or 100 calls: the caller forgets to let go of this object. */
  keepsThis: () => every > 0 && asked++ % every === 0,
  /** The program lets go of its object only if all goes well. */
  keepsOnError: variant === 'error',
  /** A WeakMap of the program holds what it should not, because its keys live on. */
  misusesWeakMap: variant === 'weakmap',
  /** Does this iteration take the error path? */
  fails: (n) => n % 7 === 3,
};
