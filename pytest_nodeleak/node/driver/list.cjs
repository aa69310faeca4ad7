'use strict';
// Started by itself: loads leak files one after the other and writes down what they export.
// node list.cjs OUTPUT FILE...; each line of OUTPUT is JSON: {begun}, then {file, told | error}.

const fs = require('fs');
const { describe, loadFile } = require('./code.cjs');
const { told } = require('./leakfile.cjs');

const [output, ...files] = process.argv.splice(2);
const { exit } = process;
const { stringify } = JSON;
const appendFileSync = fs.appendFileSync;
const note = (value) => appendFileSync(output, stringify(value) + '\n');

// A rejection of one file must not be taken for the fault of the next.
let current = '';
process.on('uncaughtException', (error) => {
  note({ file: current, error: describe(error) });
  exit(1);
});

(async () => {
  for (const file of files) {
    current = file;
    note({ begun: file });
    try {
      note({ file, told: told(await loadFile(file)) });
    } catch (error) {
      note({ file, error: describe(error) });
    }
  }
  exit(0);
})();
