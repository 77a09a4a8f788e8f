// SPDX-License-Identifier: Apache-2.0
import { existsSync, readFileSync } from 'node:fs';
import type { z } from 'zod';

/** Reads a file that may not be there yet. */
export function readIfThere(path: string): Buffer | undefined {
  // Only this process writes here, so nothing changes between the two.
  return existsSync(path) ? readFileSync(path) : undefined;
}

/**
 * Reads and checks a JSON file of the state folder.
 *
 * @returns `undefined` if there is no such file.
 * @throws if the file is not what this version writes; the message says what
 * to do. Files are written atomically, so this is never a mere crash.
 */
export function readStateFile<T>(
  path: string,
  schema: z.ZodType<T>,
): T | undefined {
  const bytes = readIfThere(path);
  if (!bytes) return undefined;
  try {
    return schema.parse(JSON.parse(bytes.toString('utf8')));
  } catch (cause) {
    throw new Error(
      `${path} is not a state file of this sandbox. Remove the state folder to start afresh.`,
      { cause },
    );
  }
}
