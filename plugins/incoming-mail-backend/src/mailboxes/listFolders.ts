// SPDX-License-Identifier: Apache-2.0
import { ConflictError } from '@backstage/errors';
import { failures, FolderList } from '@postroom/plugin-incoming-mail-common';
import { MailFailure } from '@postroom/plugin-incoming-mail-node';
import { findMailboxFaults } from './channelRules';
import { MailboxCheckDeps } from './checkMailbox';
import { signIn, toCredentials } from './signIn';
import { Mailbox } from './types';

const LISTING_MS = 60_000;

/**
 * Signs in to a mailbox and lists the folders of its account; at most 1,000.
 * No folder is opened.
 *
 * @throws ConflictError where that cannot be done, with the reason and what
 *   mends it
 */
export async function listFolders(
  mailbox: Mailbox,
  deps: Pick<
    MailboxCheckDeps,
    | 'accessToken'
    | 'allowPlaintextLoopback'
    | 'findIntegration'
    | 'openPassword'
    | 'openSession'
  >,
): Promise<FolderList> {
  if (mailbox.server.protocol === 'pop3') {
    throw new ConflictError('There is no folder but INBOX over POP3');
  }
  const { authentication } = mailbox;
  const isOAuth = authentication.method === 'oauth';
  // An integration may have changed since the settings were stored, and a
  // token goes to no other host than it allows now.
  const faults = findMailboxFaults(
    mailbox,
    isOAuth
      ? await deps.findIntegration(authentication.integrationId)
      : undefined,
    deps,
  );
  if (faults.length > 0) {
    const [{ path, message }] = faults;
    throw new ConflictError(`${path} ${message}`);
  }
  try {
    const signal = AbortSignal.timeout(LISTING_MS);
    const secret = isOAuth
      ? await deps.accessToken(mailbox.id, { signal })
      : await deps.openPassword(mailbox.id);
    const { openSession } = deps;
    const session = await signIn(mailbox, toCredentials(mailbox, secret), {
      openSession,
      signal,
    });
    try {
      return { items: (await session.listFolders?.()) ?? [] };
    } finally {
      await session.close();
    }
  } catch (error) {
    if (MailFailure.is(error)) {
      const { title, remedy } = failures[error.code];
      throw new ConflictError(`${title}. ${remedy}`);
    }
    throw error;
  }
}
