'use strict';
// A dashboard asks a long-lived reactive Set whether the current document is
// selected; the current document is another object each time.
const { reactive, shallowRef, computed, effect } = require('reactivity-' + process.env.VARIANT);
const selection = reactive(new Set());
const current = shallowRef(null);
const selected = computed(() => selection.has(current.value));
let shown = 0;
effect(() => { shown += selected.value ? 1 : 0; });
class OpenDocument { constructor(id) { this.id = id; } }
let n = 0;
function iteration() {
  current.value = new OpenDocument(n++);
  if (selected.value) throw new Error('nothing was selected');
}
module.exports = { iteration };
