// SPDX-License-Identifier: Apache-2.0
import { useApi } from '@backstage/core-plugin-api';
import { incomingMailApiRef } from '../api/incomingMailApiRef';
import { PAGE_SIZE } from '../hooks/usePages';
import type { Project } from '../hooks/useProject';
import { useRequestPath } from '../hooks/useRequestPath';
import { MailboxLogs } from '../journal/MailboxLogs';
import type { MessageRunActions } from '../journal/MessageRunPanel';

/** Props of {@link ChannelLogs}. */
export interface ChannelLogsProps {
  project: Project;
  mayDownload: boolean;
  /** Whether the person may have mails handled. */
  mayRun: boolean;
}

/** The logs of a project's channel. */
export function ChannelLogs(props: ChannelLogsProps) {
  const { project, mayDownload, mayRun } = props;
  const api = useApi(incomingMailApiRef);
  const requestPath = useRequestPath();
  const pageOf = (cursor: string | undefined) => ({
    params: project,
    query: { limit: PAGE_SIZE, cursor },
  });
  const paramsOf = (messageId: string) => ({
    params: { ...project, messageId },
  });
  const runs: MessageRunActions = {
    dryRun: ({ id }) => api.call('dryRunMessage', paramsOf(id)),
    // The log tells by itself, a moment later, what came of it.
    runAgain: ({ id }) => api.call('runMessage', paramsOf(id)),
  };
  return (
    <MailboxLogs
      mailboxKey={JSON.stringify(project)}
      readMessages={(cursor, signal) =>
        api.call('listMessages', pageOf(cursor), { signal })
      }
      readJournal={(cursor, signal) =>
        api.call('listJournal', pageOf(cursor), { signal })
      }
      requestPath={requestPath}
      download={
        mayDownload
          ? ({ id }) => api.call('downloadMessage', paramsOf(id))
          : undefined
      }
      runs={mayRun ? runs : undefined}
    />
  );
}
