// SPDX-License-Identifier: Apache-2.0
import { renameSync, writeFileSync } from 'node:fs';

/**
 * Writes a whole file so that a reader, or a start after SIGKILL, sees either
 * the old content or the new one and never a part.
 *
 * There is no fsync: what the process wrote survives the process, but a power
 * failure may lose it. That is enough for a sandbox.
 *
 * @remarks Two writers of one path at a time would share the temporary file;
 * all callers write synchronously from one process.
 */
export function writeFileAtomically(
  path: string,
  content: string | Buffer,
): void {
  const temporary = `${path}.tmp`;
  // Tokens, keys and mail: for the eyes of this user only.
  writeFileSync(temporary, content, { mode: 0o600 });
  renameSync(temporary, path);
}
