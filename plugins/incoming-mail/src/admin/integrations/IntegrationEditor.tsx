// SPDX-License-Identifier: Apache-2.0
import { FormEvent, ReactNode } from 'react';
import Button from '@material-ui/core/Button';
import Paper from '@material-ui/core/Paper';
import { makeStyles } from '@material-ui/core/styles';
import Typography from '@material-ui/core/Typography';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Link } from '@backstage/core-components';
import {
  clientAuthenticationSchema,
  oauthProviders,
} from '@postroom/plugin-incoming-mail-common';
import { errorAt, FieldErrors } from '../../api/fieldErrors';
import { ButtonRow } from '../../components/ButtonRow';
import { FormField } from '../../components/FormField';
import { SecretField } from '../../components/SecretField';
import { SectionHeading } from '../../components/SectionHeading';
import { Stack } from '../../components/Stack';
import { incomingMailTranslationRef } from '../../translation';
import {
  IntegrationFormValues,
  isDraft,
  withProvider,
} from './integrationForm';
import { MailHostFields } from './MailHostFields';
import { ProviderPicker } from './ProviderPicker';

const useStyles = makeStyles(
  theme => ({
    form: { maxWidth: 960 },
    section: { padding: theme.spacing(2, 2, 2.5) },
    links: {
      display: 'flex',
      flexWrap: 'wrap',
      gap: theme.spacing(0.5, 3),
    },
  }),
  { name: 'IncomingMailIntegrationEditor' },
);

/** What the editor knows of the secret that the backend holds. */
export type StoredSecret = 'none' | 'kept' | 'to-reenter';

/** Props of {@link IntegrationEditor}. */
export interface IntegrationEditorProps {
  values: IntegrationFormValues;
  errors: FieldErrors;
  /** Whether the provider can still be chosen. */
  isNew: boolean;
  storedSecret: StoredSecret;
  /** The field with the redirect URL, or what stands in its place. */
  redirectUrl: ReactNode;
  /** What happened to the last attempt to save. */
  notice?: ReactNode;
  busy: boolean;
  canSave: boolean;
  /** Where Cancel leads. */
  cancelPath: string;
  onChange: (values: IntegrationFormValues) => void;
  onSave: () => void;
}

/** The fields of an integration, from the provider down to the mail servers. */
export function IntegrationEditor(props: IntegrationEditorProps) {
  const { values, busy } = props;
  const classes = useStyles();
  const { t } = useTranslationRef(incomingMailTranslationRef);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    props.onSave();
  };

  return (
    // The schema judges all fields alike; the browser's own bubbles would
    // show one at a time.
    <form onSubmit={submit} noValidate className={classes.form}>
      <Stack>
        <ProviderSection {...props} />
        <RegistrationSection {...props} />
        <EndpointSection {...props} />
        <Section
          title={t('editor.mailHostsSection')}
          text={t('editor.mailHostsText')}
        >
          <MailHostFields
            rows={values.mailHosts}
            errors={props.errors}
            onChange={mailHosts => props.onChange({ ...values, mailHosts })}
          />
        </Section>
        <AdvancedSection {...props} />
        {props.notice}
        <ButtonRow>
          <Button
            type="submit"
            variant="contained"
            color="primary"
            disabled={busy || !props.canSave}
          >
            {t(saveLabel(props))}
          </Button>
          <Button component={Link} to={props.cancelPath}>
            {t('common.cancel')}
          </Button>
        </ButtonRow>
      </Stack>
    </form>
  );
}

function saveLabel({ busy, values, storedSecret }: IntegrationEditorProps) {
  if (busy) {
    return 'common.saving' as const;
  }
  return isDraft(values, storedSecret !== 'none')
    ? ('editor.saveDraft' as const)
    : ('common.save' as const);
}

function Section(props: { title: string; text?: string; children: ReactNode }) {
  const classes = useStyles();
  return (
    <Paper variant="outlined" component="section" className={classes.section}>
      <Stack>
        <SectionHeading small title={props.title} text={props.text} />
        {props.children}
      </Stack>
    </Paper>
  );
}

function ProviderSection(props: IntegrationEditorProps) {
  const { values } = props;
  const { t } = useTranslationRef(incomingMailTranslationRef);
  return (
    <Section title={t('editor.providerSection')}>
      {props.isNew ? (
        <ProviderPicker
          value={values.provider}
          onChange={provider => props.onChange(withProvider(values, provider))}
        />
      ) : (
        <Typography variant="body2">
          <strong>{oauthProviders[values.provider].title}</strong>
          {' – '}
          {t('editor.providerFixed')}
        </Typography>
      )}
      <Field {...props} name="name" hint={t('editor.nameHint')} required />
    </Section>
  );
}

function RegistrationSection(props: IntegrationEditorProps) {
  const { values, errors, storedSecret } = props;
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const secretHint = {
    none: t('editor.clientSecretNew'),
    kept: t('editor.clientSecretStored'),
    'to-reenter': t('editor.clientSecretReenter'),
  }[storedSecret];
  return (
    <Section
      title={t('editor.registrationSection')}
      text={t('editor.registrationText')}
    >
      {props.redirectUrl}
      <Field {...props} name="clientId" />
      {values.clientAuthentication !== 'none' && (
        <SecretField
          id="incoming-mail-client-secret"
          label={t('editor.clientSecret')}
          value={values.clientSecret}
          onChange={clientSecret => props.onChange({ ...values, clientSecret })}
          helperText={secretHint}
          error={
            errorAt(errors, 'clientSecret') ??
            (storedSecret === 'to-reenter' ? secretHint : undefined)
          }
        />
      )}
    </Section>
  );
}

function EndpointSection(props: IntegrationEditorProps) {
  const classes = useStyles();
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const { flow, scopes } = oauthProviders[props.values.provider].links;
  return (
    <Section title={t('editor.endpointsSection')}>
      {(flow || scopes) && (
        <Typography variant="body2" component="div" className={classes.links}>
          {flow && <Link to={flow}>{t('editor.flowLink')}</Link>}
          {scopes && <Link to={scopes}>{t('editor.scopesLink')}</Link>}
        </Typography>
      )}
      <Field {...props} name="authorizationEndpoint" type="url" required />
      <Field {...props} name="tokenEndpoint" type="url" required />
      <Field
        {...props}
        name="issuer"
        type="url"
        hint={t('editor.issuerHint')}
      />
      <Field
        {...props}
        name="scopes"
        hint={t('editor.scopesHint')}
        multiline
        required
      />
    </Section>
  );
}

function AdvancedSection(props: IntegrationEditorProps) {
  const { values } = props;
  const { t } = useTranslationRef(incomingMailTranslationRef);
  return (
    <Section title={t('editor.advancedSection')}>
      <Field
        {...props}
        name="allowedDomains"
        hint={t('editor.allowedDomainsHint')}
        multiline
      />
      <FormField
        id="incoming-mail-client-authentication"
        label={t('editor.clientAuthentication')}
        value={values.clientAuthentication}
        error={errorAt(props.errors, 'clientAuthentication')}
        onChange={value => {
          const clientAuthentication = clientAuthenticationSchema.parse(value);
          props.onChange({ ...values, clientAuthentication });
        }}
        options={clientAuthenticationSchema.options.map(option => (
          <option key={option} value={option}>
            {t(`editor.clientAuthenticationOption.${option}`)}
          </option>
        ))}
      />
      <Field
        {...props}
        name="revocationEndpoint"
        type="url"
        hint={t('common.optional')}
      />
    </Section>
  );
}

/** The fields that are plain text, under the name that the API has for them. */
type TextFieldName =
  | 'name'
  | 'clientId'
  | 'authorizationEndpoint'
  | 'tokenEndpoint'
  | 'revocationEndpoint'
  | 'issuer'
  | 'scopes'
  | 'allowedDomains';

function Field(
  props: IntegrationEditorProps & {
    name: TextFieldName;
    hint?: string;
    required?: boolean;
    multiline?: boolean;
    type?: 'url';
  },
) {
  const { name, values, errors } = props;
  const { t } = useTranslationRef(incomingMailTranslationRef);
  return (
    <FormField
      id={`incoming-mail-${name}`}
      label={t(`editor.${name}`)}
      value={values[name]}
      error={errorAt(errors, name)}
      hint={props.hint}
      required={props.required}
      multiline={props.multiline}
      type={props.type}
      onChange={value => props.onChange({ ...values, [name]: value })}
    />
  );
}
