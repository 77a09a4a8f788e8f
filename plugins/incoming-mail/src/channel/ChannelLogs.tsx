// SPDX-License-Identifier: Apache-2.0
import { ReactNode } from 'react';
import Paper from '@material-ui/core/Paper';
import { makeStyles } from '@material-ui/core/styles';
import { useApi } from '@backstage/core-plugin-api';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type { MessageSummary } from '@postroom/plugin-incoming-mail-common';
import { incomingMailApiRef } from '../api/incomingMailApiRef';
import { ErrorAlert } from '../components/ErrorAlert';
import { LoadedView } from '../components/LoadedView';
import { offerDownload } from '../components/offerDownload';
import { SectionHeading } from '../components/SectionHeading';
import { ShowMore } from '../components/ShowMore';
import { Stack } from '../components/Stack';
import { useAction } from '../hooks/useAction';
import { LIVE_REFRESH_MS } from '../hooks/useLoaded';
import { Pages, PAGE_SIZE, usePages } from '../hooks/usePages';
import type { Project } from '../hooks/useProject';
import { useRequestPath } from '../hooks/useRequestPath';
import { ConnectionLog } from '../journal/ConnectionLog';
import { MailLog } from '../journal/MailLog';
import type { MessageRunActions } from '../journal/MessageRunPanel';
import { incomingMailTranslationRef } from '../translation';

const useStyles = makeStyles(
  theme => ({ root: { padding: theme.spacing(2) } }),
  { name: 'IncomingMailChannelLogs' },
);

const LIVE = { refreshMs: LIVE_REFRESH_MS };

/** Props of {@link ChannelLogs}. */
export interface ChannelLogsProps {
  project: Project;
  mayDownload: boolean;
  /** Whether the person may have mails handled. */
  mayRun: boolean;
}

/** The two logs of a channel: what came, and what happened to the connection. */
export function ChannelLogs(props: ChannelLogsProps) {
  return (
    <Stack>
      <MailLogSection {...props} />
      <JournalSection project={props.project} />
    </Stack>
  );
}

function MailLogSection({ project, mayDownload, mayRun }: ChannelLogsProps) {
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
  const runs: MessageRunActions = {
    dryRun: ({ id }) =>
      api.call('dryRunMessage', { params: { ...project, messageId: id } }),
    // The log tells by itself, a moment later, what came of it.
    runAgain: ({ id }) =>
      api.call('runMessage', { params: { ...project, messageId: id } }),
  };
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
            runs={mayRun ? runs : undefined}
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

function LogSection<T>(props: {
  title: string;
  text?: string;
  pages: Pages<T>;
  children: (items: readonly T[]) => ReactNode;
}) {
  const { list, showMore, showingMore } = props.pages;
  const classes = useStyles();
  return (
    <Paper variant="outlined" component="section" className={classes.root}>
      <Stack>
        <SectionHeading small title={props.title} text={props.text} />
        <LoadedView loaded={list}>{props.children}</LoadedView>
        <ShowMore
          onShowMore={showMore}
          busy={showingMore.status === 'busy'}
          error={
            showingMore.status === 'failed' ? showingMore.error : undefined
          }
        />
      </Stack>
    </Paper>
  );
}
