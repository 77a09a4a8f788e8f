// SPDX-License-Identifier: Apache-2.0
import * as thread from '../parseInThread';

/** What a mail is made poisonous with. */
export const HANG = 'X-Poison: hang';
export const GONE = 'X-Poison: gone';

/** Like the function that it stands in for, with a parser that some mail hangs or ends. */
export async function parseInThread(task: thread.ParseTask) {
  const holds = (poison: string) =>
    task.mails.some(({ raw }) => Buffer.from(raw).includes(poison));
  if (holds(HANG)) {
    for (;;);
  }
  if (holds(GONE)) {
    process.exit(1);
  }
  return thread.parseInThread(task);
}
