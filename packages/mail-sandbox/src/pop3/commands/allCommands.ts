// SPDX-License-Identifier: Apache-2.0
import { generalCommands } from './generalCommands';
import { loginCommands } from './loginCommands';
import { maildropCommands } from './maildropCommands';
import type { Pop3CommandSpec } from './Pop3CommandSpec';

/** Every command of the server by its name. */
export const allCommands: ReadonlyMap<string, Pop3CommandSpec> = new Map(
  Object.entries({
    ...generalCommands,
    ...loginCommands,
    ...maildropCommands,
  }),
);
