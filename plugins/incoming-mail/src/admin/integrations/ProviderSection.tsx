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
import { EditorField, EditorForm, ProviderForm } from './EditorField';
import { EditorSection } from './EditorSection';
import { withGrantType, withPreset, withProvider } from './integrationForm';
import { MicrosoftFields } from './MicrosoftFields';
import { ProviderPicker } from './ProviderPicker';

/** Props of {@link ProviderSection}. */
export interface ProviderSectionProps extends ProviderForm {
  /** Whether the provider can still be chosen. */
  isNew: boolean;
}

/** Whose integration it is, and what people call it. */
export function ProviderSection(props: ProviderSectionProps) {
  const { values, errors, onChange, presets } = props;
  const form = { values, errors, onChange };
  const { t } = useTranslationRef(incomingMailTranslationRef);
  return (
    <EditorSection title={t('editor.providerSection')}>
      {props.isNew ? (
        <ProviderPicker
          value={values.preset ?? values.provider}
          presets={presets}
          onChange={provider => onChange(withProvider(values, provider))}
          onPreset={preset => onChange(withPreset(values, preset))}
        />
      ) : (
        <Typography variant="body2">
          <strong>
            {presets.find(({ id }) => id === values.preset)?.title ??
              oauthProviders[values.provider].title}
          </strong>
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
