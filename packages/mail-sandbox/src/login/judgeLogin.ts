// SPDX-License-Identifier: Apache-2.0
import { createHash, timingSafeEqual } from 'node:crypto';
import type { AccountRegistry } from '../AccountRegistry';
import type { MailAccount, MailStore } from '../imap/MailStore';
import type { TokenCheck } from '../oauth/createTokenCheck';
import type { SaslCredentials } from './sasl';

/** What logins are judged by. */
export interface LoginServices {
  readonly accounts: AccountRegistry;
  readonly mail: MailStore;
  readonly checkToken: TokenCheck;
}

export type LoginVerdict =
  | { readonly kind: 'accepted'; readonly account: MailAccount }
  /** `unavailable`: nobody could say what the token is worth. */
  | { readonly kind: 'refused' | 'unavailable' };

/**
 * Says whether credentials open a mailbox: a password that of the account, if
 * it has one, and a token by the word of the provider.
 */
export async function judgeLogin(
  services: LoginServices,
  credentials: SaslCredentials,
): Promise<LoginVerdict> {
  const known = services.accounts.find(credentials.user);
  const account = known && services.mail.find(known.address);
  if (!account) return { kind: 'refused' };
  if (credentials.kind === 'password') {
    return isSame(credentials.password, known.password)
      ? { kind: 'accepted', account }
      : { kind: 'refused' };
  }
  const verdict = await services.checkToken(credentials.token, account.address);
  return verdict === 'accepted'
    ? { kind: verdict, account }
    : { kind: verdict };
}

function isSame(given: string, expected: string | undefined): boolean {
  if (expected === undefined) return false;
  const [one, other] = [given, expected].map(text =>
    createHash('sha256').update(text).digest(),
  );
  return timingSafeEqual(one, other);
}
