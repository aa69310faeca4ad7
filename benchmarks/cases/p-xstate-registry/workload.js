'use strict';
const { Machine, interpret } = require('xstate-' + process.env.VARIANT);
const machine = Machine({ id: 'order', initial: 'open', states: { open: { on: { PAY: 'paid' } }, paid: { type: 'final' } } });
let paid = 0;
function iteration() {
  const service = interpret(machine).onTransition((state) => { if (state.matches('paid')) paid++; }).start();
  service.send('PAY');
  service.stop();
}
module.exports = { iteration };
