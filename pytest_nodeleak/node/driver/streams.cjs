'use strict';
// Standard streams that a program has closed, filled again.

const { fstatSync: fstat, lstatSync: lstat, openSync: open } = require('fs');

module.exports = { fillStandardStreams };

// Where a program has closed stdin, stdout or stderr, libuv up to Node 20 aborts when it opens
// a file for a moment, as for reading rss.
function fillStandardStreams() {
  if (process.platform === 'win32') return;
  for (let fd = 0; fd < 3; fd++) {
    try {
      fstat(fd);
    } catch {
      open('/dev/null', 'r+'); // takes the lowest number that is free
    }
  }
  // Where it looked at a pipe last, realpathSync of Node 20 resolves no symlinks of a path that it
  // knows in part: modules of a workspace would be loaded twice.
  lstat('/');
}
