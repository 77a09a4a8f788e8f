// SPDX-License-Identifier: Apache-2.0
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { requestPrioritySchema } from '@postroom/plugin-incoming-mail-common';
import { errorAt } from '../api/fieldErrors';
import { FoldedSection } from '../components/FoldedSection';
import { FormField } from '../components/FormField';
import { AfterStoringFields } from '../components/mailbox/AfterStoringFields';
import { AliasesField } from '../components/mailbox/AliasesField';
import type { MailboxFormProps } from '../components/mailbox/MailboxFormProps';
import { incomingMailTranslationRef } from '../translation';
import type { ChannelFormValues } from './channelForm';

/** What most channels leave as it is. */
export function MoreChannelFields(props: MailboxFormProps<ChannelFormValues>) {
  const { errors } = props;
  const { t } = useTranslationRef(incomingMailTranslationRef);
  return (
    <FoldedSection
      title={t('channel.form.more')}
      needsAttention={['aliases', 'afterStoring', 'requestDefaults'].some(
        field => errorAt(errors, field) !== undefined,
      )}
    >
      <RequestDefaultFields {...props} />
      <AliasesField {...props} />
      <AfterStoringFields {...props} />
    </FoldedSection>
  );
}

/** What requests made of the channel's mail begin with. */
function RequestDefaultFields(props: MailboxFormProps<ChannelFormValues>) {
  const { values, errors, onChange } = props;
  const { t } = useTranslationRef(incomingMailTranslationRef);
  return (
    <>
      <FormField
        id="incoming-mail-request-type"
        label={t('requestDefaults.requestType')}
        value={values.requestType}
        error={errorAt(errors, 'requestDefaults.requestType')}
        hint={t('requestDefaults.requestTypeHint')}
        onChange={requestType => onChange({ ...values, requestType })}
      />
      <FormField
        id="incoming-mail-request-priority"
        label={t('requestDefaults.priority')}
        value={values.priority}
        error={errorAt(errors, 'requestDefaults.priority')}
        onChange={value => {
          const priority = requestPrioritySchema.safeParse(value);
          onChange({ ...values, priority: priority.data ?? '' });
        }}
        options={
          <>
            <option value="">{t('requestDefaults.noPriority')}</option>
            {requestPrioritySchema.options.map(priority => (
              <option key={priority} value={priority}>
                {t(`requestDefaults.priorityOption.${priority}`)}
              </option>
            ))}
          </>
        }
      />
      <FormField
        id="incoming-mail-request-labels"
        label={t('requestDefaults.labels')}
        value={values.labels}
        error={errorAt(errors, 'requestDefaults.labels')}
        hint={t('requestDefaults.labelsHint')}
        onChange={labels => onChange({ ...values, labels })}
        multiline
      />
    </>
  );
}
