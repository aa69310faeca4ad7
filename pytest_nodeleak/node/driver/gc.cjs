'use strict';
// GC runs of this thread as they happen. Loaded, and the observer put up, when somebody asks.

const { PerformanceObserver } = require('perf_hooks');
const v8 = require('v8');

module.exports = { watchGc };

const MOST = 10_000; // runs kept for whoever asks
const KINDS = { Scavenge: 1, MinorMarkCompact: 2, MinorMarkSweep: 2, MarkSweepCompact: 4, IncrementalMarking: 8, ProcessWeakCallbacks: 16 };

// The observer tells when and how long, but only some turns later; what the heap was right after the
// run, V8's own profiler of GC knows.
// turn: gives a promise of the next turn of the event loop.
function watchGc(turn) {
  let runs = [];
  let told = 0; // of them, by the last answer
  let dropped = 0;
  let heaps = []; // [kind, bytes] of runs that the observer has not told of yet
  let profiler = profile();

  const observer = new PerformanceObserver((list) => {
    const entries = list.getEntries();
    const next = profile();
    for (const { gcType, afterGC } of profiler.stop().statistics) {
      heaps.push([KINDS[gcType], afterGC.heapStatistics.usedHeapSize]);
    }
    profiler = next;
    for (const { detail, startTime, duration } of entries) {
      runs.push([detail.kind, detail.flags, startTime, duration, heapAfter(detail.kind)]);
    }
    const excess = runs.length - MOST;
    if (excess <= 0) return;
    runs.splice(0, excess);
    told = Math.max(0, told - excess);
    dropped += excess;
  });
  observer.observe({ entryTypes: ['gc'] });

  // Node before 18.15 has none: the heap is then what the observer sees.
  function profile() {
    if (!v8.GCProfiler) return { stop: () => ({ statistics: [] }) };
    const made = new v8.GCProfiler();
    made.start();
    return made;
  }

  // Both tell of the same runs in the same order, but for one between two profilers.
  function heapAfter(kind) {
    const at = heaps.findIndex((heap) => heap[0] === kind);
    if (at < 0) return v8.getHeapStatistics().used_heap_size;
    return heaps.splice(0, at + 1)[at][1];
  }

  const answers = {
    // Those that were not taken yet, five numbers each; before them how many were dropped.
    runs() {
      told = runs.length;
      return dropped + '\n' + runs.map((run) => run.join(' ')).join('\n');
    },

    // The same, with those that ended a moment ago.
    async lately() {
      for (let i = 0; i < 3; i++) await turn();
      return answers.runs();
    },

    // The last answer has arrived.
    taken() {
      runs = runs.slice(told);
      told = 0;
    },

    stop() {
      observer.disconnect();
      profiler.stop();
      runs = [];
      heaps = [];
    },
  };
  return answers;
}
