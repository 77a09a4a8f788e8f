// SPDX-License-Identifier: Apache-2.0
import { MessageRef } from '../transport';
import { Visit } from './types';

/**
 * Which mails of a folder that was numbered anew are stored, without fetching
 * them: by what the server calls them for good, which it tells in the listing,
 * otherwise by their headers and sizes. What is not told is to be fetched: mail
 * of the former version has no digest, and is known by its bytes.
 *
 * @returns their source keys
 * @throws MailFailure
 */
export async function recogniseHeads(
  { mailbox, session, deps }: Pick<Visit, 'mailbox' | 'session' | 'deps'>,
  refs: readonly MessageRef[],
): Promise<ReadonlySet<string>> {
  if (refs.length === 0) {
    return new Set();
  }
  const byId = await deps.inbox.recognise(mailbox.id, refs);
  const rest = refs.filter(({ sourceKey }) => !byId.has(sourceKey));
  const digests = await session.digestHeads?.(rest);
  const byHead = await deps.inbox.recognise(
    mailbox.id,
    rest.map(ref => ({ ...ref, headDigest: digests?.get(ref.sourceKey) })),
  );
  return new Set([...byId, ...byHead]);
}
