// SPDX-License-Identifier: Apache-2.0
import { useParams } from 'react-router-dom';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { LoadedView } from '../../components/LoadedView';
import { MailboxProblem } from '../../components/mailbox/MailboxProblem';
import { Stack } from '../../components/Stack';
import { useEndpoint } from '../../hooks/useEndpoint';
import { incomingMailTranslationRef } from '../../translation';
import { MailServerEditorContent } from './MailServerEditorContent';
import { MailServerHeading } from './MailServerHeading';
import { useMailServerChoices } from './useMailServerChoices';

/** The editor with the mail server that the address names. */
export function EditMailServerContent() {
  const { mailServerId = '' } = useParams();
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const choices = useMailServerChoices();
  const loaded = useEndpoint('getMailServer', { params: { mailServerId } });
  return (
    <LoadedView loaded={loaded}>
      {server => (
        <Stack>
          <MailServerHeading
            title={t('mailServer.editTitle', { name: server.name })}
          />
          <MailboxProblem mailbox={server} busy={false} />
          <LoadedView loaded={choices}>
            {({ integrations, handlers }) => (
              <MailServerEditorContent
                // A reload after a conflict starts from what is stored now.
                key={server.version}
                server={server}
                choices={integrations}
                handlers={handlers}
                onReload={loaded.reload}
              />
            )}
          </LoadedView>
        </Stack>
      )}
    </LoadedView>
  );
}
