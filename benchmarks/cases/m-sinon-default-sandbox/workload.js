'use strict';
const LEAKY = process.env.VARIANT === 'leaky';

const sinon = require('sinon');
let n = 0;
function iteration() {
  const mailer = { send: (text) => text.length };
  const stub = sinon.stub(mailer, 'send').returns(n++);
  if (mailer.send('x') !== n - 1 || !stub.calledOnce) throw new Error('bad');
  if (!LEAKY) sinon.restore();
}
module.exports = { iteration };
