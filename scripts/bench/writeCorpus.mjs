// SPDX-License-Identifier: Apache-2.0
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

// Required and not imported: it is TypeScript.
const require = createRequire(import.meta.url);
const {
  generateMail,
} = require('../../packages/mail-sandbox/src/mail/generateMail.ts');

const { directory, count, to } = JSON.parse(process.env.BENCH_SETTINGS);
const SEED = 'postroom bench 1';

let bytes = 0;
for (let index = 0; index < count; index += 1) {
  const { raw } = generateMail({ seed: SEED, index, to });
  bytes += raw.length;
  // Dovecot gives UIDs in the order of the seconds in a file's name.
  const name = `${1_700_000_000 + index}.M0P1.bench`;
  writeFileSync(join(directory, name), raw, { mode: 0o644 });
}
console.log(JSON.stringify({ event: 'written', bytes }));
