// SPDX-License-Identifier: Apache-2.0
import Typography from '@material-ui/core/Typography';
import { Link } from '@backstage/core-components';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import {
  lintScopes,
  oauthProviders,
  suggestScopes,
} from '@postroom/plugin-incoming-mail-common';
import { errorAt } from '../../api/fieldErrors';
import { SettingsWarnings } from '../../components/SettingsWarnings';
import { SwitchField } from '../../components/SwitchField';
import { incomingMailTranslationRef } from '../../translation';
import { EditorField, EditorForm, ProviderForm } from './EditorField';
import { EditorSection } from './EditorSection';
import { scopesOf, withText } from './integrationForm';
import { IssuerDiscovery } from './IssuerDiscovery';

/** Where the provider is asked, and for what. */
export function EndpointSection({ presets, ...props }: ProviderForm) {
  const { values } = props;
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const { title, links } =
    presets.find(({ id }) => id === values.preset) ??
    oauthProviders[values.provider];
  const isCustom = values.provider === 'custom';
  return (
    <EditorSection title={t('editor.endpointsSection')}>
      {links.flow && (
        <Typography variant="body2">
          <Link to={links.flow}>
            {isCustom && values.preset === undefined
              ? t('editor.flowLinkCustom')
              : t('editor.flowLink', { provider: title })}
          </Link>
        </Typography>
      )}
      {isCustom && <IssuerDiscovery {...props} />}
      <EditorField
        {...props}
        name="authorizationEndpoint"
        type="url"
        required
      />
      <EditorField {...props} name="tokenEndpoint" type="url" required />
      {!isCustom && (
        <EditorField
          {...props}
          name="issuer"
          type="url"
          hint={t('editor.issuerHint')}
        />
      )}
      <IssuerNaming {...props} />
      <ScopesField {...props} />
      {links.scopes && (
        <Typography variant="body2">
          <Link to={links.scopes}>
            {t('editor.scopesLink', { provider: title })}
          </Link>
        </Typography>
      )}
    </EditorSection>
  );
}

/** Whether the provider names itself in its answers: of those we know, a fact. */
function IssuerNaming({ values, errors, onChange }: EditorForm) {
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const { title } = oauthProviders[values.provider];
  return values.provider === 'custom' ? (
    <SwitchField
      id="incoming-mail-iss-declared"
      label={t('editor.issDeclared')}
      hint={t('editor.issDeclaredHint')}
      error={errorAt(errors, 'issDeclared')}
      checked={values.issDeclared}
      onChange={issDeclared => onChange({ ...values, issDeclared })}
    />
  ) : (
    <Typography variant="body2" color="textSecondary">
      {t('editor.issNotDeclared', { provider: title })}
    </Typography>
  );
}

function ScopesField(props: EditorForm) {
  const { values, onChange } = props;
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const lintable = {
    provider: values.provider,
    scopes: scopesOf(values),
    // A row without a host is one that is being added.
    mailHosts: values.mailHosts.filter(({ host }) => host.trim() !== ''),
    tokenEndpoint: values.tokenEndpoint,
    grantType: values.grantType,
  };
  return (
    <>
      <EditorField
        {...props}
        name="scopes"
        hint={t('editor.scopesHint')}
        multiline
        required
      />
      <SettingsWarnings
        warnings={lintScopes(lintable)}
        suggestion={suggestScopes(lintable)}
        onUse={scopes =>
          onChange(withText(values, 'scopes', scopes.join('\n')))
        }
      />
    </>
  );
}
