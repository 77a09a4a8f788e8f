// SPDX-License-Identifier: Apache-2.0
import { Secret } from '../secrets';
import { findReadingStart, OpenSession, ReadingStart } from '../transport';
import { MailboxStore } from './MailboxStore';
import { signIn, toCredentials } from './signIn';

/**
 * Signs in to a mailbox with a token that a consent has just given and opens
 * its folder: what was authorized is then proven to be the account that will
 * be read, whatever the provider says about whose it is.
 *
 * @returns the folder as it stands, which is where reading starts
 * @throws MailFailure where it does not work
 */
export async function proveMailbox(
  options: { mailboxId: string; accessToken: Secret; signal: AbortSignal },
  deps: { mailboxes: MailboxStore; openSession: OpenSession },
): Promise<ReadingStart & { folder: string }> {
  const { mailboxId, accessToken, signal } = options;
  const mailbox = await deps.mailboxes.getById(mailboxId);
  const session = await signIn(mailbox, toCredentials(mailbox, accessToken), {
    openSession: deps.openSession,
    signal,
  });
  try {
    const opened = await session.open(mailbox.folder);
    const start = await findReadingStart(session, opened);
    return { ...start, folder: mailbox.folder };
  } finally {
    await session.close();
  }
}
