// The last --import of a program that has some: when it runs, Node has awaited all others.

const driver = globalThis[Symbol.for('pytest-nodeleak.driver')];
if (driver) driver.preloaded(); // a worker thread has none
