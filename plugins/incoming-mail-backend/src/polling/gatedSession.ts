// SPDX-License-Identifier: Apache-2.0
import { MailSession } from '../transport';
import { AccountBusyError } from './AccountBusyError';

/**
 * A session that tells what its calls threw, and when it was closed. Waiting for
 * news ends, as if the session had broken, when somebody wants the account.
 *
 * @param on.failed - what is to be thrown in place of an error
 */
export function gatedSession(
  session: MailSession,
  on: {
    failed(error: unknown): unknown;
    closed(): Promise<void>;
    readonly wanted: AbortSignal;
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
      const call = async (...args: unknown[]) => {
        try {
          return await method.apply(target, args);
        } catch (error) {
          throw on.failed(error);
        }
      };
      return name === 'waitForNews' ? untilWanted(call, on.wanted) : call;
    },
  });
}

function untilWanted(
  waitForNews: (signal: AbortSignal) => Promise<unknown>,
  wanted: AbortSignal,
): NonNullable<MailSession['waitForNews']> {
  return async signal => {
    await waitForNews(AbortSignal.any([signal, wanted]));
    if (wanted.aborted && !signal.aborted) {
      throw new AccountBusyError(0);
    }
  };
}
