'use strict';
const schedule = require('schedule-' + process.env.VARIANT);
let n = 0;
async function iteration() {
  const wanted = n++;
  const got = await new Promise((done) => {
    // null: the moment passed before the job was planned
    while (!schedule.scheduleJob(new Date(Date.now() + 2), () => done(wanted)));
  });
  if (got !== wanted) throw new Error('bad');
}
module.exports = { iteration };
