// SPDX-License-Identifier: Apache-2.0
import { useApi } from '@backstage/core-plugin-api';
import { incomingMailApiRef } from '../../api/incomingMailApiRef';
import { PAGE_SIZE } from '../../hooks/usePages';
import { MailboxLogs } from '../../journal/MailboxLogs';
import type { MessageRunActions } from '../../journal/MessageRunPanel';

/** Props of {@link MailServerLogs}. */
export interface MailServerLogsProps {
  mailServerId: string;
  mayDownload: boolean;
  /** Whether the person may have mails handled. */
  mayRun: boolean;
}

/** The logs of a mail server. */
export function MailServerLogs(props: MailServerLogsProps) {
  const { mailServerId, mayDownload, mayRun } = props;
  const api = useApi(incomingMailApiRef);
  const pageOf = (cursor: string | undefined) => ({
    params: { mailServerId },
    query: { limit: PAGE_SIZE, cursor },
  });
  const paramsOf = (messageId: string) => ({
    params: { mailServerId, messageId },
  });
  const runs: MessageRunActions = {
    dryRun: ({ id }) => api.call('dryRunMailServerMessage', paramsOf(id)),
    // The log tells by itself, a moment later, what came of it.
    runAgain: ({ id }) => api.call('runMailServerMessage', paramsOf(id)),
  };
  return (
    <MailboxLogs
      mailboxKey={mailServerId}
      readMessages={(cursor, signal) =>
        api.call('listMailServerMessages', pageOf(cursor), { signal })
      }
      readJournal={(cursor, signal) =>
        api.call('listMailServerJournal', pageOf(cursor), { signal })
      }
      download={
        mayDownload
          ? ({ id }) => api.call('downloadMailServerMessage', paramsOf(id))
          : undefined
      }
      runs={mayRun ? runs : undefined}
    />
  );
}
