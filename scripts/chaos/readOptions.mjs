// SPDX-License-Identifier: Apache-2.0
import { parseArgs } from 'node:util';
import { PlainError } from '../lib/plainly.mjs';

/** What can be broken on purpose, to see the suite turn red. */
export const BREAKS = ['no-ticket', 'ack-before-commit', 'no-unique-key'];

const SOAK_ROW = 'R51';
const NIGHT_SOAK_MINUTES = 6 * 60;

/** The command line of `npm run chaos`. */
export function readOptions(args) {
  let values;
  try {
    ({ values } = parseArgs({
      args,
      options: {
        night: { type: 'boolean', default: false },
        short: { type: 'boolean', default: false },
        check: { type: 'boolean', default: false },
        seed: { type: 'string' },
        rows: { type: 'string' },
        soak: { type: 'string' },
        break: { type: 'string' },
      },
    }));
  } catch (error) {
    throw new PlainError(`chaos: ${error.message}`);
  }
  const { night, short, check, seed, rows, soak, break: broken } = values;
  if (broken !== undefined && !BREAKS.includes(broken)) {
    throw new PlainError(
      `chaos: --break is one of ${BREAKS.join(', ')}, not '${broken}'`,
    );
  }
  if (night && short) {
    throw new PlainError(
      'chaos: --night and --short are two sizes, choose one',
    );
  }
  const size = (night && 'night') || (short && 'short') || 'ci';
  const soakMinutes = soak === undefined ? NIGHT_SOAK_MINUTES : Number(soak);
  if (!Number.isInteger(soakMinutes) || soakMinutes < 1) {
    throw new PlainError(
      `chaos: --soak takes a number of minutes, not '${soak}'`,
    );
  }
  // By itself it asks for that row alone.
  const only = rows?.split(',') ?? (soak && !night ? [SOAK_ROW] : undefined);
  return { size, seed, only, broken, check, soakMinutes };
}
