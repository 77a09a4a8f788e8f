// SPDX-License-Identifier: Apache-2.0
import Typography from '@material-ui/core/Typography';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import {
  grantTypeSchema,
  oauthProviders,
} from '@postroom/plugin-incoming-mail-common';
import { errorAt } from '../../api/fieldErrors';
import { FormField } from '../../components/FormField';
import { incomingMailTranslationRef } from '../../translation';
import { EditorField, EditorForm } from './EditorField';
import { EditorSection } from './EditorSection';
import { withGrantType, withProvider } from './integrationForm';
import { MicrosoftFields } from './MicrosoftFields';
import { ProviderPicker } from './ProviderPicker';

/** Props of {@link ProviderSection}. */
export interface ProviderSectionProps extends EditorForm {
  /** Whether the provider can still be chosen. */
  isNew: boolean;
}

/** Whose integration it is, and what people call it. */
export function ProviderSection(props: ProviderSectionProps) {
  const { values, errors, onChange } = props;
  const form = { values, errors, onChange };
  const { t } = useTranslationRef(incomingMailTranslationRef);
  return (
    <EditorSection title={t('editor.providerSection')}>
      {props.isNew ? (
        <ProviderPicker
          value={values.provider}
          onChange={provider => onChange(withProvider(values, provider))}
        />
      ) : (
        <Typography variant="body2">
          <strong>{oauthProviders[values.provider].title}</strong>
          {' – '}
          {t('editor.providerFixed')}
        </Typography>
      )}
      <EditorField {...form} name="name" hint={t('editor.nameHint')} required />
      {/* At Google, applications act in their own name as service accounts. */}
      {values.provider !== 'google' && <GrantTypeField {...form} />}
      {values.provider === 'microsoft' && <MicrosoftFields {...form} />}
    </EditorSection>
  );
}

function GrantTypeField({ values, errors, onChange }: EditorForm) {
  const { t } = useTranslationRef(incomingMailTranslationRef);
  return (
    <FormField
      id="incoming-mail-grant-type"
      label={t('editor.grantType')}
      value={values.grantType}
      error={errorAt(errors, 'grantType')}
      hint={t(`editor.grantTypeHint.${values.grantType}`)}
      onChange={value =>
        onChange(withGrantType(values, grantTypeSchema.parse(value)))
      }
      options={grantTypeSchema.options.map(option => (
        <option key={option} value={option}>
          {t(`editor.grantTypeOption.${option}`)}
        </option>
      ))}
    />
  );
}
