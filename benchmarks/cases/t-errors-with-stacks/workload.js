'use strict';
const LEAKY = process.env.VARIANT === 'leaky';

const failures = [];
class UpstreamError extends Error { constructor(id) { super('upstream ' + id + ' failed'); this.id = id; } }
function request(id) { throw new UpstreamError(id); }
let n = 0;
function iteration() {
  try { request(n++); } catch (error) { failures.push(error); }
  if (!LEAKY && failures.length > 20) failures.shift();
}
module.exports = { iteration };
