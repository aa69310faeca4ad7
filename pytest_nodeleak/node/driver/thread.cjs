'use strict';
// Loaded into worker threads: makes the driver available, which is built when it is asked for.

const { getEnvironmentData } = require('worker_threads');
const { hideOurArguments } = require('./arguments.cjs');
const { KEY, adoptChildren } = require('./family.cjs');
const { offer } = require('./offer.cjs');
const real = require('./real.cjs');

hideOurArguments();
const ready = offer();
// Not in the middle of the thread's own start.
if (ready) real.timeout(ready, 0).unref();
const plan = getEnvironmentData(KEY);
if (plan) adoptChildren(plan);
