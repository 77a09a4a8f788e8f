// SPDX-License-Identifier: Apache-2.0
import { useApi } from '@backstage/core-plugin-api';
import { incomingMailApiRef } from '../../api/incomingMailApiRef';
import { PAGE_SIZE } from '../../hooks/usePages';
import { MailboxLogs } from '../../journal/MailboxLogs';

/** The logs of a mail server. */
export function MailServerLogs({ mailServerId }: { mailServerId: string }) {
  const api = useApi(incomingMailApiRef);
  const pageOf = (cursor: string | undefined) => ({
    params: { mailServerId },
    query: { limit: PAGE_SIZE, cursor },
  });
  return (
    <MailboxLogs
      mailboxKey={mailServerId}
      readMessages={(cursor, signal) =>
        api.call('listMailServerMessages', pageOf(cursor), { signal })
      }
      readJournal={(cursor, signal) =>
        api.call('listMailServerJournal', pageOf(cursor), { signal })
      }
    />
  );
}
