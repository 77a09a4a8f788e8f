// SPDX-License-Identifier: Apache-2.0

// oidc-provider prints a warning at import time on Node 20, which it no longer
// supports officially although every path used here works there (the tests of
// this package are the proof). The notice would be the first line of every
// start and of every test, so it alone is left out; nothing else is.

const warn = console.warn;

console.warn = (...parts: unknown[]) => {
  if (!String(parts[0]).includes('Unsupported runtime')) warn(...parts);
};

/** Gives `console.warn` back; to be called right after the import. */
export function releaseRuntimeNotice(): void {
  console.warn = warn;
}
