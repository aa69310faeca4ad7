// What DevTools' own heap snapshot worker says of a file, as JSON on stdout:
//   node heap_agreement.mjs BUNDLE FILE [LATER-FILE]
// BUNDLE is the worker of the npm package chrome-devtools-frontend, made by
// heap_agreement.py with esbuild. Nothing of it is part of this repository.
import fs from 'node:fs';
import { pathToFileURL } from 'node:url';

const [bundle, file, later] = process.argv.slice(2);
const { HeapSnapshot } = await import(pathToFileURL(bundle));

const load = (path) =>
  HeapSnapshot.createJSHeapSnapshotForTesting(asProfile(JSON.parse(fs.readFileSync(path, 'utf8'))));

// The worker reads numbers through an interface of its own.
function asProfile(document) {
  for (const key of ['nodes', 'edges']) {
    const values = document[key];
    document[key] = {
      length: values.length,
      getValue: (index) => values[index],
      setValue: (index, value) => { values[index] = value; },
      asUint32ArrayOrFail: () => Uint32Array.from(values),
      asArrayOrFail: () => values,
    };
  }
  return document;
}

function summary(snapshot) {
  const classes = {};
  for (const entry of Object.values(snapshot.getAggregatesByClassKey(false, 'allObjects'))) {
    const known = (classes[entry.name] ??= [0, 0, 0]);
    known[0] += entry.count;
    known[1] += entry.self;
    known[2] += entry.maxRet;
  }
  const distances = {};
  const sizes = {};
  const node = snapshot.createNode(snapshot.rootNodeIndex);
  for (let ordinal = 0; ordinal < snapshot.nodeCount; ordinal++) {
    node.nodeIndex = ordinal * snapshot.nodeFieldCount;
    distances[node.id()] = node.distance();
    sizes[node.id()] = [node.selfSize(), node.retainedSize()];
  }
  return { classes, distances, sizes };
}

const first = await load(file);
const result = later ? {} : summary(first);
if (later) {
  const second = await load(later);
  // The shapes of the later one hold for both, as when DevTools compares.
  const base = first.aggregatesForDiff(second.interfaceDefinitions());
  const diff = second.calculateSnapshotDiff('base', base);
  result.diff = {};
  for (const entry of Object.values(diff)) {
    const known = (result.diff[entry.name] ??= [0, 0]);
    known[0] += entry.addedCount;
    known[1] += entry.removedCount;
  }
}
fs.writeSync(1, JSON.stringify(result));
process.exit(0);
