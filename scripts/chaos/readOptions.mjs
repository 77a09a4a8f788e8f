// SPDX-License-Identifier: Apache-2.0
import { parseArgs } from 'node:util';
import { PlainError } from '../lib/plainly.mjs';

/** What can be broken on purpose, to see the suite turn red. */
export const BREAKS = ['no-ticket', 'ack-before-commit', 'no-unique-key'];

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
        break: { type: 'string' },
      },
    }));
  } catch (error) {
    throw new PlainError(`chaos: ${error.message}`);
  }
  const { night, short, check, seed, rows, break: broken } = values;
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
  return { size, seed, only: rows?.split(','), broken, check };
}
