// SPDX-License-Identifier: Apache-2.0
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { LoadedView } from '../../components/LoadedView';
import { Stack } from '../../components/Stack';
import { incomingMailTranslationRef } from '../../translation';
import { MailServerEditorContent } from './MailServerEditorContent';
import { MailServerHeading } from './MailServerHeading';
import { useMailServerChoices } from './useMailServerChoices';

/** The editor with a new mail server. */
export function NewMailServerContent() {
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const choices = useMailServerChoices();
  return (
    <Stack>
      <MailServerHeading title={t('mailServer.newTitle')} />
      <LoadedView loaded={choices}>
        {({ integrations, handlers }) => (
          <MailServerEditorContent choices={integrations} handlers={handlers} />
        )}
      </LoadedView>
    </Stack>
  );
}
