'use strict';
// The program that everybody learns leak hunting with: an object every 5 ms, put into two
// arrays, both of which are emptied: index.js with its leak fixed.

class SimpleClass {
  constructor(text) {
    this.text = text;
  }
}

const cleanData = [];
const leakyData = [];

function getAndStoreRandomData() {
  const randomData = Math.random().toString();
  const randomObject = new SimpleClass(randomData);
  cleanData.push(randomObject);
  leakyData.push(randomObject);
}

function cleanUp() {
  cleanData.length = 0;
  leakyData.length = 0;
}

function printStatistics() {
  if (global.gc) global.gc();
  const heapUsed = process.memoryUsage().heapUsed;
  console.log(`heapUsed after GC: ${(heapUsed / 1e6).toFixed(3)} MB`);
}

setInterval(() => {
  getAndStoreRandomData();
  cleanUp();
}, 5);
setInterval(printStatistics, 2000);
