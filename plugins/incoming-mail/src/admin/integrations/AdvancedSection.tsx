// SPDX-License-Identifier: Apache-2.0
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { clientAuthenticationSchema } from '@postroom/plugin-incoming-mail-common';
import { errorAt } from '../../api/fieldErrors';
import { FormField } from '../../components/FormField';
import { incomingMailTranslationRef } from '../../translation';
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
    </EditorSection>
  );
}
