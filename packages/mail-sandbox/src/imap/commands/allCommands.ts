// SPDX-License-Identifier: Apache-2.0
import { appendCommand } from './appendCommand';
import { generalCommands } from './generalCommands';
import { idleCommand } from './idleCommand';
import type { ImapCommandSpec } from './ImapCommandSpec';
import { loginCommands } from './loginCommands';
import { mailboxCommands } from './mailboxCommands';
import { messageCommands } from './messageCommands';

/** Every command of the server by its name. */
export const allCommands: ReadonlyMap<string, ImapCommandSpec> = new Map(
  Object.entries({
    ...generalCommands,
    ...loginCommands,
    ...mailboxCommands,
    ...messageCommands,
    APPEND: appendCommand,
    IDLE: idleCommand,
  }),
);
