// SPDX-License-Identifier: Apache-2.0
import * as thread from '../parseInThread';

/** What a mail is made poisonous with. */
export const HANG = 'X-Poison: hang';

/** Like the function that it stands in for, with a parser that some mail hangs. */
export async function parseInThread(task: thread.ParseTask) {
  if (task.mails.some(({ raw }) => Buffer.from(raw).includes(HANG))) {
    for (;;);
  }
  return thread.parseInThread(task);
}
