// SPDX-License-Identifier: Apache-2.0
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { clientAuthenticationSchema } from '@postroom/plugin-incoming-mail-common';
import { errorAt } from '../../api/fieldErrors';
import { FormField } from '../../components/FormField';
import { SwitchField } from '../../components/SwitchField';
import { incomingMailTranslationRef } from '../../translation';
import { AuthorizationParameterFields } from './AuthorizationParameterFields';
import { EditorField, EditorForm } from './EditorField';
import { EditorSection } from './EditorSection';
import { clientAuthenticationsOf } from './integrationForm';

/** What most integrations leave as it is. */
export function AdvancedSection(props: EditorForm) {
  const { values, errors, onChange } = props;
  const { t } = useTranslationRef(incomingMailTranslationRef);
  return (
    <EditorSection title={t('editor.advancedSection')}>
      <EditorField
        {...props}
        name="allowedDomains"
        hint={t(
          values.grantType === 'client_credentials'
            ? 'editor.allowedDomainsHintApplication'
            : 'editor.allowedDomainsHint',
        )}
        multiline
      />
      {values.grantType !== 'client_credentials' && (
        <SwitchField
          id="incoming-mail-allow-shared-mailboxes"
          label={t('editor.allowSharedMailboxes')}
          hint={t('editor.allowSharedMailboxesHint')}
          checked={values.allowSharedMailboxes}
          onChange={allowSharedMailboxes =>
            onChange({ ...values, allowSharedMailboxes })
          }
        />
      )}
      {values.provider === 'microsoft' && (
        <EditorField
          {...props}
          name="allowedTenants"
          hint={t('editor.allowedTenantsHint')}
          multiline
        />
      )}
      {values.provider === 'google' && (
        <SwitchField
          id="incoming-mail-in-testing"
          label={t('editor.inTesting')}
          hint={t('editor.inTestingHint')}
          checked={values.inTesting}
          onChange={inTesting => onChange({ ...values, inTesting })}
        />
      )}
      <FormField
        id="incoming-mail-client-authentication"
        label={t('editor.clientAuthentication')}
        value={values.clientAuthentication}
        error={errorAt(errors, 'clientAuthentication')}
        onChange={value => {
          const clientAuthentication = clientAuthenticationSchema.parse(value);
          onChange({ ...values, clientAuthentication });
        }}
        options={clientAuthenticationsOf(values).map(option => (
          <option key={option} value={option}>
            {t(`editor.clientAuthenticationOption.${option}`)}
          </option>
        ))}
      />
      <EditorField
        {...props}
        name="revocationEndpoint"
        type="url"
        hint={t('common.optional')}
      />
      <AuthorizationParameterFields
        rows={values.authorizationParameters}
        errors={errors}
        onChange={authorizationParameters =>
          onChange({ ...values, authorizationParameters })
        }
      />
    </EditorSection>
  );
}
