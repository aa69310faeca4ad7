'use strict';
const LEAKY = process.env.VARIANT === 'leaky';

const { legacy_createStore: createStore } = require('redux');
const store = createStore((state = { n: 0 }, action) => (action.type === 'add' ? { n: state.n + 1 } : state));
class ConnectedView { constructor() { this.seen = store.getState().n; } onChange() { this.seen = store.getState().n; } }
let n = 0;
function iteration() {
  const view = new ConnectedView();
  const unsubscribe = store.subscribe(() => view.onChange());
  if (++n % 50 === 0) store.dispatch({ type: 'add' });
  if (!LEAKY) unsubscribe();
}
module.exports = { iteration };
