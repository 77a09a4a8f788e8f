// SPDX-License-Identifier: Apache-2.0
import { useApi } from '@backstage/core-plugin-api';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type { MessageSummary } from '@postroom/plugin-incoming-mail-common';
import { incomingMailApiRef } from '../api/incomingMailApiRef';
import { ErrorAlert } from '../components/ErrorAlert';
import { offerDownload } from '../components/offerDownload';
import { Stack } from '../components/Stack';
import { useAction } from '../hooks/useAction';
import { LIVE_REFRESH_MS } from '../hooks/useLoaded';
import { PAGE_SIZE, usePages } from '../hooks/usePages';
import type { Project } from '../hooks/useProject';
import { useRequestPath } from '../hooks/useRequestPath';
import { ConnectionLog } from '../journal/ConnectionLog';
import { LogSection } from '../journal/LogSection';
import { MailLog } from '../journal/MailLog';
import { incomingMailTranslationRef } from '../translation';

const LIVE = { refreshMs: LIVE_REFRESH_MS };

/** Props of {@link ChannelLogs}. */
export interface ChannelLogsProps {
  project: Project;
  mayDownload: boolean;
}

/** The two logs of a channel: what came, and what happened to the connection. */
export function ChannelLogs({ project, mayDownload }: ChannelLogsProps) {
  return (
    <Stack>
      <MailLogSection project={project} mayDownload={mayDownload} />
      <JournalSection project={project} />
    </Stack>
  );
}

function MailLogSection({ project, mayDownload }: ChannelLogsProps) {
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const api = useApi(incomingMailApiRef);
  const requestPath = useRequestPath();
  const messages = usePages(
    (cursor, signal) =>
      api.call(
        'listMessages',
        { params: project, query: { limit: PAGE_SIZE, cursor } },
        { signal },
      ),
    JSON.stringify(['messages', project]),
    LIVE,
  );
  const [downloading, download] = useAction(async ({ id }: MessageSummary) => {
    const params = { ...project, messageId: id };
    offerDownload(await api.call('downloadMessage', { params }), `${id}.eml`);
  });
  return (
    <LogSection
      title={t('mailLog.title')}
      text={t('mailLog.intro')}
      pages={messages}
    >
      {items => (
        <>
          {downloading.status === 'failed' && (
            <ErrorAlert error={downloading.error} />
          )}
          <MailLog
            messages={items}
            requestPath={requestPath}
            onDownload={mayDownload ? download : undefined}
          />
        </>
      )}
    </LogSection>
  );
}

function JournalSection({ project }: { project: Project }) {
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const api = useApi(incomingMailApiRef);
  const entries = usePages(
    (cursor, signal) =>
      api.call(
        'listJournal',
        { params: project, query: { limit: PAGE_SIZE, cursor } },
        { signal },
      ),
    JSON.stringify(['journal', project]),
    LIVE,
  );
  return (
    <LogSection title={t('journal.title')} pages={entries}>
      {items => <ConnectionLog entries={items} />}
    </LogSection>
  );
}
