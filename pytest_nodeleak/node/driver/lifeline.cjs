'use strict';
// Ends the program when the test process is gone, and keeps it alive until then.

const { pid, kill } = process;

module.exports = { holdLifeline };

// The pipe keeps the event loop alive for scripts that end at once, and its end
// tells that the test process is gone, however it went.
function holdLifeline() {
  const fd = Number(process.env.NODELEAK_LIFELINE || -1);
  delete process.env.NODELEAK_LIFELINE;
  try {
    if (fd < 0) throw new Error('no pipe');
    const { Socket } = require('net');
    const pipe = new Socket({ fd, readable: true, writable: false });
    pipe.on('error', () => {});
    pipe.on('close', endGroup);
    pipe.resume();
  } catch {
    // Windows, or a wrapper script that closed it.
    setInterval(() => {}, 0x7fffffff);
  }
}

function endGroup() {
  try {
    kill.call(process, -pid, 'SIGKILL');
  } catch {
    // Not the leader of its group: started through a wrapper script.
  }
  kill.call(process, pid, 'SIGKILL');
}
