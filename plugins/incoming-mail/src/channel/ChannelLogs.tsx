// SPDX-License-Identifier: Apache-2.0
import { useApi } from '@backstage/core-plugin-api';
import { incomingMailApiRef } from '../api/incomingMailApiRef';
import { PAGE_SIZE } from '../hooks/usePages';
import type { Project } from '../hooks/useProject';
import { useRequestPath } from '../hooks/useRequestPath';
import { MailboxLogs } from '../journal/MailboxLogs';

/** Props of {@link ChannelLogs}. */
export interface ChannelLogsProps {
  project: Project;
  mayDownload: boolean;
}

/** The logs of a project's channel. */
export function ChannelLogs({ project, mayDownload }: ChannelLogsProps) {
  const api = useApi(incomingMailApiRef);
  const requestPath = useRequestPath();
  const pageOf = (cursor: string | undefined) => ({
    params: project,
    query: { limit: PAGE_SIZE, cursor },
  });
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
          ? ({ id }) =>
              api.call('downloadMessage', {
                params: { ...project, messageId: id },
              })
          : undefined
      }
    />
  );
}
