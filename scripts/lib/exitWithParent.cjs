// SPDX-License-Identifier: Apache-2.0
// Preloaded into the processes that a script starts (see processes.mjs): when
// that script is gone, even by SIGKILL, its end of the channel closes and the
// whole process group ends itself. No demo is left behind to hold the ports.
process.once('disconnect', () => {
  try {
    process.kill(-process.pid, 'SIGTERM');
  } catch {
    // Not a group leader (Windows): then this process alone can be ended.
    process.exit(1);
  }
});
process.channel?.unref();

// Backstage's loader reports every file it loads to whoever started it, which
// is meant for the watcher of its own CLI and would only pile up in ours.
process.send = undefined;
