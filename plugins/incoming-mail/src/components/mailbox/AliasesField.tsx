// SPDX-License-Identifier: Apache-2.0
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { errorAt } from '../../api/fieldErrors';
import { incomingMailTranslationRef } from '../../translation';
import { FormField } from '../FormField';
import type { MailboxFormValues } from './mailboxForm';
import type { MailboxFormProps } from './MailboxFormProps';

/** Further addresses whose mail arrives in the mailbox. */
export function AliasesField<V extends MailboxFormValues>(
  props: MailboxFormProps<V>,
) {
  const { values, errors, onChange } = props;
  const { t } = useTranslationRef(incomingMailTranslationRef);
  return (
    <FormField
      id="incoming-mail-aliases"
      label={t('mailbox.aliases')}
      value={values.aliases}
      error={errorAt(errors, 'aliases')}
      hint={t('mailbox.aliasesHint')}
      onChange={aliases => onChange({ ...values, aliases })}
      multiline
    />
  );
}
