// SPDX-License-Identifier: Apache-2.0
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type {
  JournalEntry,
  MessageSummary,
  Page,
} from '@postroom/plugin-incoming-mail-common';
import { ErrorAlert } from '../components/ErrorAlert';
import { offerDownload } from '../components/offerDownload';
import { Stack } from '../components/Stack';
import { useAction } from '../hooks/useAction';
import { LIVE_REFRESH_MS } from '../hooks/useLoaded';
import { usePages } from '../hooks/usePages';
import { incomingMailTranslationRef } from '../translation';
import { ConnectionLog } from './ConnectionLog';
import { LogSection } from './LogSection';
import { MailLog } from './MailLog';
import type { MessageRunActions } from './MessageRunPanel';

const LIVE = { refreshMs: LIVE_REFRESH_MS };

type ReadPage<T> = (
  cursor: string | undefined,
  signal?: AbortSignal,
) => Promise<Page<T>>;

/** Props of {@link MailboxLogs}. */
export interface MailboxLogsProps {
  /** Tells one mailbox from another. */
  mailboxKey: string;
  readMessages: ReadPage<MessageSummary>;
  readJournal: ReadPage<JournalEntry>;
  /** The way to a request; absent where there is no such page. */
  requestPath?: (number: number) => string;
  /** Absent where the person may not download. */
  download?: (message: MessageSummary) => Promise<Blob>;
  /** Absent where the person may not have mails handled. */
  runs?: MessageRunActions;
}

/** The two logs of a mailbox: what came, and what happened to the connection. */
export function MailboxLogs(props: MailboxLogsProps) {
  return (
    <Stack>
      <MailSection {...props} />
      <JournalSection {...props} />
    </Stack>
  );
}

function MailSection(props: MailboxLogsProps) {
  const { mailboxKey, readMessages, requestPath, download, runs } = props;
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const messages = usePages(readMessages, `messages ${mailboxKey}`, LIVE);
  const [downloading, start] = useAction(async (message: MessageSummary) => {
    if (download) {
      offerDownload(await download(message), `${message.id}.eml`);
    }
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
            onDownload={download && start}
            runs={runs}
          />
        </>
      )}
    </LogSection>
  );
}

function JournalSection({ mailboxKey, readJournal }: MailboxLogsProps) {
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const entries = usePages(readJournal, `journal ${mailboxKey}`, LIVE);
  return (
    <LogSection title={t('journal.title')} pages={entries}>
      {items => <ConnectionLog entries={items} />}
    </LogSection>
  );
}
