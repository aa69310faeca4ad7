'use strict';
const LEAKY = process.env.VARIANT === 'leaky';

const observed = new Map();
class Changes { constructor() { this.keys = []; } set(target, key, value) { this.keys.push(key); target[key] = value; return true; } }
function observe(id, target) {
  const proxy = new Proxy(target, new Changes());
  observed.set(id, proxy);
  return proxy;
}
let n = 0;
function iteration() {
  const id = n++;
  observe(id, { name: 'user' + id }).visits = 1;
  if (!LEAKY) observed.delete(id);
}
module.exports = { iteration };
