'use strict';
class Metadata { constructor(owner) { this.owner = owner; this.validated = true; } }
class Node { constructor(id, parent) { this.id = id; this.parent = parent; } }
const metadata = new WeakMap();
const visited = new WeakSet();
let n = 0;
function iteration() {
  let node = null;
  for (let depth = 0; depth < 5; depth++) {
    node = new Node(n++, node);
    metadata.set(node, new Metadata(node));
    visited.add(node);
  }
  if (!metadata.get(node).validated || !visited.has(node.parent)) throw new Error('bad');
}
module.exports = { iteration };
