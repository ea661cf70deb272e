// SPDX-License-Identifier: MIT
// Threads compute in compiled JavaScript and wait for each other by spinning.
//
// command: node
// long
const { Worker, isMainThread, workerData } = require('worker_threads');

const TURNS = 6;

function spin(words, me) {
  let spins = 0;
  for (let i = me; i < TURNS; i += 2) {
    while (Atomics.load(words, 0) !== i)
      spins++;
    let value = 1;
    for (let j = 0; j < 20000000; j++)
      value = (Math.imul(value, 1103515245) + 12345) | 0;
    words[1] ^= value;
    Atomics.store(words, 0, i + 1);
  }
  return spins;
}

if (isMainThread) {
  const words = new Int32Array(new SharedArrayBuffer(16));
  const other = new Worker(__filename, { workerData: words });
  other.on('message', (spins) => {
    console.log(words[1], mine, spins);
    console.log('EXIT-SUCCESS');
  });
  const mine = spin(words, 0);
} else {
  const { parentPort } = require('worker_threads');
  parentPort.postMessage(spin(workerData, 1));
}
