// SPDX-License-Identifier: Apache-2.0
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { errorAt } from '../../api/fieldErrors';
import { incomingMailTranslationRef } from '../../translation';
import { FolderPathField } from './FolderPathField';
import type { MailboxFormValues } from './mailboxForm';
import type { MailboxFormProps } from './MailboxFormProps';

/** The folder that is read; POP3 has none. */
export function FolderField<V extends MailboxFormValues>(
  props: MailboxFormProps<V>,
) {
  const { values, errors, onChange } = props;
  const { t } = useTranslationRef(incomingMailTranslationRef);
  return values.server.protocol === 'imap' ? (
    <FolderPathField
      id="incoming-mail-folder"
      label={t('mailbox.folder')}
      value={values.folder}
      error={errorAt(errors, 'folder')}
      hint={t('mailbox.folderHint')}
      folders={props.folders}
      onChange={folder => onChange({ ...values, folder })}
    />
  ) : null;
}
