// SPDX-License-Identifier: Apache-2.0
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type { AfterStoring } from '@postroom/plugin-incoming-mail-common';
import { errorAt } from '../../api/fieldErrors';
import { incomingMailTranslationRef } from '../../translation';
import { FormField } from '../FormField';
import { Notice } from '../Notice';
import { afterStoringWord } from './afterStoringWord';
import { FolderPathField } from './FolderPathField';
import type { MailboxFormValues } from './mailboxForm';
import type { MailboxFormProps } from './MailboxFormProps';

type Action = AfterStoring['action'];

// POP3 knows neither flags nor folders (RFC 1939).
const actionsOf = {
  imap: ['mark-read', 'leave', 'move', 'delete'],
  pop3: ['leave', 'delete'],
} as const satisfies Record<string, readonly Action[]>;

/** What is done with a mail on its server once it is stored here. */
export function AfterStoringFields<V extends MailboxFormValues>(
  props: MailboxFormProps<V>,
) {
  const { values, errors, onChange } = props;
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const { protocol } = values.server;
  const actions: readonly Action[] = actionsOf[protocol];
  return (
    <>
      <FormField
        id="incoming-mail-after-storing"
        label={t('mailbox.afterStoring.label')}
        value={afterStoringWord(protocol, values.afterStoring)}
        error={errorAt(errors, 'afterStoring.action')}
        onChange={value => {
          const afterStoring = actions.find(action => action === value);
          onChange({ ...values, ...(afterStoring && { afterStoring }) });
        }}
        options={actions.map(action => (
          <option key={action} value={action}>
            {t(`mailbox.afterStoring.option.${action}`)}
          </option>
        ))}
      />
      {values.afterStoring === 'move' && (
        <FolderPathField
          id="incoming-mail-move-to"
          label={t('mailbox.afterStoring.moveTo')}
          value={values.moveTo}
          error={errorAt(errors, 'afterStoring.folder')}
          hint={t('mailbox.afterStoring.moveToHint')}
          folders={props.folders}
          onChange={moveTo => onChange({ ...values, moveTo })}
          required
        />
      )}
      {values.afterStoring === 'delete' && (
        <Notice severity="warning" title={t('mailbox.afterStoring.warning')} />
      )}
    </>
  );
}
