// SPDX-License-Identifier: Apache-2.0
// Usage: npm run mail -- --to support@corp.test path.eml [--sandbox URL]
// Puts a mail into a mailbox of the running sandbox, byte for byte.
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { demoAddresses } from './lib/demo.mjs';
import { checkNodeVersion } from './lib/nodeVersion.mjs';
import { PlainError, runMain } from './lib/plainly.mjs';
import { readDemoPorts } from './lib/ports.mjs';

const USAGE =
  'Say who gets which mail: npm run mail -- --to support@corp.test examples/mail/hello.eml';
const TIMEOUT_MS = 30_000;

function readArguments() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { to: { type: 'string' }, sandbox: { type: 'string' } },
    });
    if (values.to && positionals.length === 1) {
      return { ...values, path: positionals[0] };
    }
  } catch (error) {
    throw new PlainError(`${error.message}\n${USAGE}`);
  }
  throw new PlainError(USAGE);
}

async function readMail(path) {
  // npm runs scripts in the repository's root; a path is meant from where the
  // person stands.
  const file = resolve(process.env.INIT_CWD ?? '.', path);
  try {
    return await readFile(file);
  } catch (error) {
    throw new PlainError(
      error.code === 'ENOENT'
        ? `There is no file ${file}.`
        : `Cannot read ${file}: ${error.message}`,
    );
  }
}

async function deliver(sandbox, to, mail) {
  try {
    return await fetch(
      new URL(`/api/messages?${new URLSearchParams({ to })}`, sandbox),
      {
        method: 'POST',
        headers: { 'content-type': 'message/rfc822' },
        body: mail,
        signal: AbortSignal.timeout(TIMEOUT_MS),
      },
    );
  } catch (error) {
    throw new PlainError(
      error instanceof TypeError
        ? `No sandbox answers at ${sandbox}. Start it with \`npm start\`, or name another: --sandbox URL`
        : `The sandbox at ${sandbox} took longer than ${
            TIMEOUT_MS / 1000
          } seconds.`,
    );
  }
}

await runMain(async () => {
  checkNodeVersion();
  const { to, path, sandbox } = readArguments();
  const address = sandbox ?? demoAddresses(readDemoPorts()).sandbox;
  const mail = await readMail(path);
  const response = await deliver(address, to, mail);
  const answer = await response.text();
  if (response.status === 404) {
    throw new PlainError(
      `The sandbox has no mailbox ${to}; ${address} shows which it has.`,
    );
  }
  if (!response.ok) {
    throw new PlainError(`The sandbox refused (${response.status}): ${answer}`);
  }
  console.log(`Delivered ${mail.length} bytes to ${to}.`);
});
