'use strict';
const LEAKY = process.env.VARIANT === 'leaky';

process.setMaxListeners(0);
class ConfigWatcher {
  constructor(name) {
    this.name = name;
    this.reload = () => { this.stale = true; };
    process.on('SIGUSR2:reload', this.reload);
  }
  dispose() { process.removeListener('SIGUSR2:reload', this.reload); }
}
let n = 0;
function iteration() {
  const watcher = new ConfigWatcher('config-' + n++);
  if (!LEAKY) watcher.dispose();
}
module.exports = { iteration };
