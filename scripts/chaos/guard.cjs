// SPDX-License-Identifier: Apache-2.0
// Ends what a run of the suite has left behind when the run itself was killed:
// PostgreSQL, which knows nothing of its parent, and replicas that are stopped
// and cannot end themselves. Told line by line what there is (`+ <signal> <id>`,
// of a process, or negative of a group) and what is gone (`- <signal> <id>`);
// acts when the run's end of the pipe closes.
const { createInterface } = require('node:readline');

// A Ctrl-C reaches everybody at the terminal; the run itself ends in order.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {});
}

const left = new Map();

createInterface({ input: process.stdin })
  .on('line', line => {
    const [sign, signal, id] = line.split(' ');
    if (sign === '+') {
      left.set(id, signal);
    } else {
      left.delete(id);
    }
  })
  .on('close', () => {
    for (const [id, signal] of left) {
      try {
        process.kill(Number(id), signal);
      } catch {
        // It has ended by itself.
      }
    }
  });
