// SPDX-License-Identifier: Apache-2.0
import { LoopsOptions } from './createLoops';
import { PasswordStore, toCredentials } from './mailboxes';
import { OAuth } from './oauth';
import { secretOf } from './transport';

/** Wires what visits sign in with: the mailbox's password, or a token. */
export function createSignIn({
  passwords,
  oauth,
}: {
  passwords: PasswordStore;
  oauth: Pick<OAuth, 'integrations' | 'vault'>;
}): Pick<LoopsOptions, 'credentials' | 'actsAlone'> {
  return {
    credentials: async (mailbox, { signal, refused }) =>
      toCredentials(
        mailbox,
        mailbox.authentication.method === 'password'
          ? await passwords.open(mailbox.id)
          : await oauth.vault.accessToken(mailbox.id, {
              signal,
              forceRefreshOf: refused && secretOf(refused),
            }),
      ),
    actsAlone: async ({ authentication }) => {
      const integration =
        authentication.method === 'oauth'
          ? await oauth.integrations.findChoice(authentication.integrationId)
          : undefined;
      return integration?.grantType === 'client_credentials';
    },
  };
}
