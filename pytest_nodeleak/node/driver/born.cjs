'use strict';
// Worker threads of the program, known without attaching to them: a thread that ends before the main
// thread has noticed its start takes Node down (SIGABRT) if a session is to be attached to it.

module.exports = { watchWorkers };

// The longest that one of them has run, in ms; -1: none runs; null: cannot be told any more.
function watchWorkers() {
  const { now } = Date;
  const born = [];
  const listener = (worker) => {
    forgetEnded();
    born.push({ worker: new WeakRef(worker), since: now() });
  };
  const forgetEnded = () => {
    let kept = 0;
    for (const one of born) {
      const worker = one.worker.deref();
      if (worker && worker.threadId !== -1) born[kept++] = one;
    }
    born.length = kept;
  };
  process.on('worker', listener);
  return () => {
    if (!process.listeners('worker').includes(listener)) return null;
    forgetEnded();
    return born.length ? now() - born[0].since : -1;
  };
}
