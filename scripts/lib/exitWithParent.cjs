// SPDX-License-Identifier: Apache-2.0
// Preloaded into the processes that a script starts (see processes.mjs): when
// that script is gone, even by SIGKILL, its end of the channel closes and the
// whole process group ends itself. No demo is left behind to hold the ports.
const GRACE_MS = 10_000;

function signalGroup(signal) {
  try {
    process.kill(-process.pid, signal);
  } catch {
    // Not a group leader (Windows): then this process alone can be ended.
    process.exit(1);
  }
}

process.once('disconnect', () => {
  signalGroup('SIGTERM');
  // Where something keeps it from ending in order.
  setTimeout(signalGroup, GRACE_MS, 'SIGKILL').unref();
});
process.channel?.unref();

// The script read what this process says, so its pipes are gone with it. An
// error that nobody handles is logged, which is one more error of the same
// kind: the process would be busy with nothing else, and never end.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', () => {});
}

// Backstage's loader reports every file it loads to whoever started it, which
// is meant for the watcher of its own CLI and would only pile up in ours.
process.send = undefined;
