// SPDX-License-Identifier: Apache-2.0
import { MailFailure } from '@postroom/plugin-incoming-mail-node';
import { MailSession } from '../transport';

/**
 * A session that tells what its calls threw, and when it was closed.
 *
 * @param on.wanted - aborted when somebody else is to have the connection: a
 *   wait for news then ends with a failure
 * @param on.failed - what is to be thrown in place of an error
 */
export function gatedSession(
  session: MailSession,
  on: {
    readonly wanted: AbortSignal;
    failed(error: unknown): unknown;
    closed(): Promise<void>;
  },
): MailSession {
  let closed: Promise<void> | undefined;
  const close: MailSession['close'] = options => {
    closed ??= session.close(options).finally(on.closed);
    return closed;
  };
  return new Proxy(session, {
    get(target, name: keyof MailSession) {
      if (name === 'close') {
        return close;
      }
      const method = target[name] as unknown;
      if (typeof method !== 'function') {
        // A capability that the session has not.
        return method;
      }
      return async (...args: unknown[]) => {
        try {
          return await (name === 'waitForNews'
            ? waitUntilWanted(target, args[0] as AbortSignal, on.wanted)
            : method.apply(target, args));
        } catch (error) {
          throw on.failed(error);
        }
      };
    },
  });
}

async function waitUntilWanted(
  session: MailSession,
  signal: AbortSignal,
  wanted: AbortSignal,
): Promise<void> {
  await session.waitForNews?.(AbortSignal.any([signal, wanted]));
  if (wanted.aborted && !signal.aborted) {
    throw new MailFailure(
      'connection-lost',
      'Another mailbox waits for the connection of its account',
    );
  }
}
