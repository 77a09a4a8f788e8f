// SPDX-License-Identifier: Apache-2.0
import {
  ClientAuthentication,
  clientAuthenticationSchema,
  CreateIntegration,
  createIntegrationSchema,
  DiscoveredIssuer,
  GrantType,
  isSharedMicrosoftEndpoint,
  MailHost,
  MicrosoftCloud,
  microsoftSettings,
  microsoftSettingsOf,
  microsoftTenantSchema,
  OAuthIntegration,
  oauthProviders,
  ProviderDescription,
  ProviderId,
  UpdateIntegration,
  updateIntegrationSchema,
  usualPort,
} from '@postroom/plugin-incoming-mail-common';
import type { FieldErrors } from '../../api/fieldErrors';
import { ServerRow, toServerRow } from '../../components/mailbox/serverRow';
import {
  fromParameterRows,
  ParameterRow,
  toParameterRows,
} from './parameterRows';

/** One mail server as it is typed. */
export interface MailHostRow extends ServerRow {
  /** Tells rows apart while they are added and removed. */
  readonly key: number;
}

/** Whose accounts, in which cloud of Microsoft, as it is typed. */
export interface MicrosoftRow {
  readonly tenant: string;
  readonly cloud: MicrosoftCloud;
}

/** What is in the fields of the editor, word for word. */
export interface IntegrationFormValues {
  readonly provider: ProviderId;
  /** The id of the module's provider that it is made from, if it is. */
  readonly preset: string | undefined;
  /** Absent unless the endpoints are those of a tenant of Microsoft. */
  readonly microsoft: MicrosoftRow | undefined;
  readonly grantType: GrantType;
  readonly name: string;
  readonly issuer: string;
  /** Whether the provider names itself in its answers; of a custom one only. */
  readonly issDeclared: boolean;
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
  readonly revocationEndpoint: string;
  /** One per line. */
  readonly scopes: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** A day as `2027-01-31`, or empty. */
  readonly clientSecretExpiresOn: string;
  readonly nextClientSecret: string;
  /** A day as `2027-01-31`, or empty. */
  readonly nextClientSecretExpiresOn: string;
  readonly clientAuthentication: ClientAuthentication;
  /** PEM; write-only, so empty in the form of an integration that exists. */
  readonly clientPrivateKey: string;
  /** PEM of the same key; entered together with it. */
  readonly clientCertificate: string;
  readonly clientKeyId: string;
  /** One per line. */
  readonly allowedDomains: string;
  readonly allowSharedMailboxes: boolean;
  /** One per line; of Microsoft only. */
  readonly allowedTenants: string;
  readonly authorizationParameters: readonly ParameterRow[];
  /** Of Google only. */
  readonly inTesting: boolean;
  readonly mailHosts: readonly MailHostRow[];
}

/** What the fields amount to: something to send, or what is wrong with it. */
export type FormVerdict<T> =
  | { kind: 'valid'; body: T }
  | { kind: 'invalid'; errors: FieldErrors };

const USUAL: ClientAuthentication = 'client_secret_basic';

const noKeyTyped = { clientPrivateKey: '', clientCertificate: '' } as const;

/** The form of a new integration, filled from the provider's preset. */
export function newIntegrationForm(
  provider: ProviderId,
): IntegrationFormValues {
  return {
    ...presetOf(provider),
    name: '',
    clientId: '',
    clientSecret: '',
    clientSecretExpiresOn: '',
    nextClientSecret: '',
    nextClientSecretExpiresOn: '',
    clientAuthentication: USUAL,
    ...noKeyTyped,
    clientKeyId: '',
    allowedDomains: '',
    allowSharedMailboxes: false,
  };
}

/**
 * The form after another provider was chosen: its preset replaces everything
 * that depends on the provider, what was typed beside stays.
 */
export function withProvider(
  values: IntegrationFormValues,
  provider: ProviderId,
): IntegrationFormValues {
  return withFittingClient({
    ...values,
    ...presetOf(provider),
    ...(values.preset !== undefined && { clientAuthentication: USUAL }),
  });
}

/** The form after a provider that a module brings was chosen. */
export function withPreset(
  values: IntegrationFormValues,
  description: ProviderDescription,
): IntegrationFormValues {
  const mailHosts = description.mailHosts.map(toRow);
  return withFittingClient({
    ...values,
    provider: 'custom',
    preset: description.id,
    grantType: 'authorization_code',
    microsoft: undefined,
    issuer: description.issuer ?? '',
    authorizationEndpoint: description.authorizationEndpoint ?? '',
    tokenEndpoint: description.tokenEndpoint ?? '',
    revocationEndpoint: description.revocationEndpoint ?? '',
    scopes: description.recommendedScopes.join('\n'),
    clientAuthentication: description.clientAuthentication,
    mailHosts: mailHosts.length > 0 ? mailHosts : withAddedMailHost([]),
  });
}

/**
 * The form after it was chosen who allows the access. Microsoft wants other
 * scopes of an application than of a person; what other servers want is not
 * known.
 */
export function withGrantType(
  values: IntegrationFormValues,
  grantType: GrantType,
): IntegrationFormValues {
  const { microsoft } = values;
  return withFittingClient({
    ...values,
    grantType,
    ...(microsoft && { scopes: microsoftScopes(microsoft, grantType) }),
  });
}

function microsoftScopes(row: MicrosoftRow, grantType: GrantType): string {
  const { scopes, applicationScopes } = microsoftSettings(row);
  const ofType =
    grantType === 'client_credentials' ? applicationScopes : scopes;
  return ofType.join('\n');
}

/** The ways of client authentication that can be chosen. */
export function clientAuthenticationsOf(
  values: Pick<IntegrationFormValues, 'provider' | 'grantType'>,
): ClientAuthentication[] {
  return clientAuthenticationSchema.options.filter(method => {
    if (method === 'private_key_jwt') {
      return values.provider !== 'google';
    }
    return method !== 'none' || values.grantType === 'authorization_code';
  });
}

function withFittingClient(
  values: IntegrationFormValues,
): IntegrationFormValues {
  const fitting = clientAuthenticationsOf(values);
  return fitting.includes(values.clientAuthentication)
    ? values
    : { ...values, clientAuthentication: fitting[0] };
}

function presetOf(provider: ProviderId) {
  const preset = oauthProviders[provider];
  const endpoints = {
    provider,
    authorizationEndpoint: preset.authorizationEndpoint ?? '',
    tokenEndpoint: preset.tokenEndpoint ?? '',
  };
  const mailHosts = preset.mailHosts.map(toRow);
  return {
    ...endpoints,
    preset: undefined,
    grantType: 'authorization_code' as const,
    microsoft: microsoftOf(endpoints),
    issuer: preset.issuer ?? '',
    issDeclared: false,
    allowedTenants: '',
    // What one provider understands, another may refuse.
    authorizationParameters: [],
    inTesting: false,
    revocationEndpoint: preset.revocationEndpoint ?? '',
    scopes: preset.recommendedScopes.join('\n'),
    mailHosts: mailHosts.length > 0 ? mailHosts : withAddedMailHost([]),
  };
}

type Endpoints = Pick<
  IntegrationFormValues,
  'provider' | 'authorizationEndpoint' | 'tokenEndpoint'
>;

/** The tenant that both endpoints are of, where they are Microsoft's. */
function microsoftOf(values: Endpoints): MicrosoftRow | undefined {
  const row =
    values.provider === 'microsoft'
      ? microsoftSettingsOf(values.authorizationEndpoint)
      : undefined;
  // An endpoint of another cloud or tenant beside it is an odd mixture that
  // two fields cannot stand for.
  return row && microsoftSettings(row).tokenEndpoint === values.tokenEndpoint
    ? row
    : undefined;
}

/**
 * The form after tenant or cloud of Microsoft was chosen. The endpoints follow
 * both; scopes and mail servers are the same for every tenant and follow the
 * cloud alone, so that what was changed in them survives another tenant.
 */
export function withMicrosoft(
  values: IntegrationFormValues,
  row: MicrosoftRow,
): IntegrationFormValues {
  const settings = microsoftSettings(row);
  return {
    ...values,
    microsoft: row,
    authorizationEndpoint: settings.authorizationEndpoint,
    tokenEndpoint: settings.tokenEndpoint,
    issuer: settings.issuer ?? '',
    ...(row.cloud !== values.microsoft?.cloud && {
      scopes: microsoftScopes(row, values.grantType),
      mailHosts: settings.mailHosts.map(toRow),
    }),
  };
}

/** The form after something was typed; endpoints may be a tenant's, or no longer. */
export function withText(
  values: IntegrationFormValues,
  field: TextFieldName,
  text: string,
): IntegrationFormValues {
  const next = { ...values, [field]: text };
  return field === 'authorizationEndpoint' || field === 'tokenEndpoint'
    ? { ...next, microsoft: microsoftOf(next) }
    : next;
}

/** The fields that are plain text, under the name that the API has for them. */
export type TextFieldName =
  | 'name'
  | 'clientId'
  | 'clientSecretExpiresOn'
  | 'nextClientSecretExpiresOn'
  | 'clientKeyId'
  | 'authorizationEndpoint'
  | 'tokenEndpoint'
  | 'revocationEndpoint'
  | 'issuer'
  | 'scopes'
  | 'allowedDomains'
  | 'allowedTenants';

/**
 * The form after what an issuer says of itself was taken over. The scopes
 * stay: what a server knows is not what a mailbox needs.
 */
export function withDiscovered(
  values: IntegrationFormValues,
  found: DiscoveredIssuer,
): IntegrationFormValues {
  const methods = found.clientAuthenticationMethods;
  const usable = clientAuthenticationsOf(values).find(method =>
    methods.includes(method),
  );
  return {
    ...values,
    issuer: found.issuer,
    issDeclared: found.issDeclared,
    authorizationEndpoint: found.authorizationEndpoint,
    tokenEndpoint: found.tokenEndpoint,
    revocationEndpoint: found.revocationEndpoint ?? '',
    clientAuthentication: methods.includes(values.clientAuthentication)
      ? values.clientAuthentication
      : usable ?? values.clientAuthentication,
  };
}

/** The form of an integration that exists; its secret is never in it. */
export function fromIntegration(
  integration: OAuthIntegration,
): IntegrationFormValues {
  return {
    provider: integration.provider,
    preset: integration.preset,
    microsoft: microsoftOf(integration),
    grantType: integration.grantType,
    name: integration.name,
    issuer: integration.issuer ?? '',
    issDeclared: integration.issDeclared ?? false,
    authorizationEndpoint: integration.authorizationEndpoint,
    tokenEndpoint: integration.tokenEndpoint,
    revocationEndpoint: integration.revocationEndpoint ?? '',
    scopes: integration.scopes.join('\n'),
    clientId: integration.clientId ?? '',
    clientSecret: '',
    clientSecretExpiresOn: integration.clientSecret.expiresOn ?? '',
    nextClientSecret: '',
    nextClientSecretExpiresOn: integration.nextClientSecret?.expiresOn ?? '',
    clientAuthentication: integration.clientAuthentication,
    ...noKeyTyped,
    clientKeyId: integration.clientKeyId ?? '',
    allowedDomains: integration.allowedDomains.join('\n'),
    allowSharedMailboxes: integration.allowSharedMailboxes ?? false,
    allowedTenants: (integration.allowedTenants ?? []).join('\n'),
    authorizationParameters: toParameterRows(
      integration.authorizationParameters,
    ),
    inTesting: integration.inTesting ?? false,
    mailHosts: integration.mailHosts.map(toRow),
  };
}

function toRow(host: MailHost, key: number): MailHostRow {
  return { ...toServerRow(host), key };
}

/** The rows with an empty one below them. */
export function withAddedMailHost(
  rows: readonly MailHostRow[],
): readonly MailHostRow[] {
  const key = Math.max(-1, ...rows.map(row => row.key)) + 1;
  const port = String(usualPort('imap', 'tls'));
  return [...rows, { key, protocol: 'imap', host: '', port, security: 'tls' }];
}

/**
 * Whether the stored secret or key may not be kept: it would be shown to
 * another place, or stands for another client. The backend holds the same
 * rule.
 */
export function secretMustBeReentered(
  integration: OAuthIntegration,
  values: IntegrationFormValues,
): boolean {
  const before = fromIntegration(integration);
  const bound = [
    'issuer',
    'authorizationEndpoint',
    'tokenEndpoint',
    'revocationEndpoint',
    'clientId',
  ] as const;
  return (
    proofStored(integration, values) &&
    !proofTyped(values) &&
    bound.some(field => before[field].trim() !== values[field].trim())
  );
}

/** Whether what the client then proves itself with is at the backend. */
export function proofStored(
  integration: OAuthIntegration,
  { clientAuthentication }: IntegrationFormValues,
): boolean {
  switch (clientAuthentication) {
    case 'none':
      return false;
    case 'private_key_jwt':
      return integration.clientKey.set;
    default:
      return integration.clientSecret.set;
  }
}

function proofTyped(values: IntegrationFormValues): boolean {
  return values.clientAuthentication === 'private_key_jwt'
    ? values.clientPrivateKey.trim() !== ''
    : values.clientSecret !== '';
}

/** Whether something was typed that is not stored. */
export function hasChanges(
  integration: OAuthIntegration,
  values: IntegrationFormValues,
): boolean {
  const before = fromIntegration(integration);
  return JSON.stringify(before) !== JSON.stringify(values);
}

/** Whether saving leaves a draft: client ID, secret or key are still to come. */
export function isDraft(
  values: IntegrationFormValues,
  secretStored: boolean,
): boolean {
  const hasProof = proofTyped(values) || secretStored;
  return (
    values.clientId.trim() === '' ||
    (values.clientAuthentication !== 'none' && !hasProof)
  );
}

/** What creates the integration under the redirect URL that was reserved. */
export function toCreateIntegration(
  values: IntegrationFormValues,
  callbackSlug: string,
): FormVerdict<CreateIntegration> {
  const parsed = createIntegrationSchema.safeParse({
    ...settingsOf(values),
    callbackSlug,
  });
  return verdictOf(
    parsed.success ? { kind: 'valid', body: parsed.data } : undefined,
    { ...issuesOf(values, parsed.error?.issues), ...tenantErrors(values) },
  );
}

/** What replaces the integration as it was read. */
export function toUpdateIntegration(
  values: IntegrationFormValues,
  integration: OAuthIntegration,
  reenterMessage: string,
): FormVerdict<UpdateIntegration> {
  const parsed = updateIntegrationSchema.safeParse({
    ...settingsOf(values),
    ...nextSecretOf(values),
    version: integration.version,
  });
  return verdictOf(
    parsed.success ? { kind: 'valid', body: parsed.data } : undefined,
    {
      ...issuesOf(values, parsed.error?.issues),
      ...tenantErrors(values),
      ...(secretMustBeReentered(integration, values) && {
        [values.clientAuthentication === 'private_key_jwt'
          ? 'clientKey.privateKey'
          : 'clientSecret']: reenterMessage,
      }),
    },
  );
}

function verdictOf<T>(
  valid: FormVerdict<T> | undefined,
  errors: FieldErrors,
): FormVerdict<T> {
  return valid && Object.keys(errors).length === 0
    ? valid
    : { kind: 'invalid', errors };
}

/** Its endpoints may be well-formed around a tenant that is none, or not enough. */
export function tenantErrors(values: IntegrationFormValues): FieldErrors {
  const { microsoft, grantType, tokenEndpoint } = values;
  if (
    microsoft !== undefined &&
    grantType === 'client_credentials' &&
    isSharedMicrosoftEndpoint(tokenEndpoint)
  ) {
    return {
      tenant:
        'has to be one tenant, by its ID or domain: that is where the application acts in its own name',
    };
  }
  const parsed = microsoftTenantSchema.safeParse(microsoft?.tenant);
  return microsoft === undefined || parsed.success
    ? {}
    : { tenant: parsed.error.issues[0].message };
}

function settingsOf(values: IntegrationFormValues) {
  return {
    name: values.name,
    provider: values.provider,
    preset: values.preset,
    grantType: values.grantType,
    issuer: textOrAbsent(values.issuer),
    authorizationEndpoint: values.authorizationEndpoint,
    tokenEndpoint: values.tokenEndpoint,
    revocationEndpoint: textOrAbsent(values.revocationEndpoint),
    scopes: scopesOf(values),
    clientId: textOrAbsent(values.clientId),
    ...proofOf(values),
    clientAuthentication: values.clientAuthentication,
    allowedDomains: wordsOf(values.allowedDomains),
    ...(values.allowSharedMailboxes && { allowSharedMailboxes: true }),
    ...providerSettingsOf(values),
    authorizationParameters: fromParameterRows(values.authorizationParameters),
    mailHosts: values.mailHosts.map(({ key: _, ...row }) => ({
      ...row,
      port: /^\d{1,5}$/.test(row.port.trim()) ? Number(row.port) : Number.NaN,
    })),
  };
}

/** The next secret, which is for one that is stored. */
function nextSecretOf(values: IntegrationFormValues) {
  return !values.clientAuthentication.startsWith('client_secret_')
    ? {}
    : {
        nextClientSecret:
          values.nextClientSecret === '' ? undefined : values.nextClientSecret,
        nextClientSecretExpiresOn: textOrAbsent(
          values.nextClientSecretExpiresOn,
        ),
      };
}

/** What is known of one provider only, and is sent for no other. */
function providerSettingsOf(values: IntegrationFormValues) {
  switch (values.provider) {
    case 'google':
      return { inTesting: values.inTesting || undefined };
    case 'microsoft': {
      const tenants = wordsOf(values.allowedTenants);
      return { allowedTenants: tenants.length > 0 ? tenants : undefined };
    }
    default:
      return { issDeclared: values.issDeclared || undefined };
  }
}

/** What the client is to prove itself with, as far as it was typed. */
function proofOf(values: IntegrationFormValues) {
  const { clientSecret, clientPrivateKey, clientCertificate } = values;
  switch (values.clientAuthentication) {
    case 'none':
      return {};
    case 'private_key_jwt':
      return {
        clientKeyId: textOrAbsent(values.clientKeyId),
        ...((clientPrivateKey + clientCertificate).trim() !== '' && {
          clientKey: {
            privateKey: clientPrivateKey,
            certificate: textOrAbsent(clientCertificate),
          },
        }),
      };
    default:
      return {
        clientSecret: clientSecret === '' ? undefined : clientSecret,
        clientSecretExpiresOn: textOrAbsent(values.clientSecretExpiresOn),
      };
  }
}

/** The scopes as they would be sent. */
export function scopesOf(values: IntegrationFormValues): string[] {
  return wordsOf(values.scopes);
}

function textOrAbsent(text: string): string | undefined {
  return text.trim() === '' ? undefined : text.trim();
}

// Neither a scope nor a domain can hold a space or a comma, and people paste
// lists of both kinds.
function wordsOf(text: string): string[] {
  return text.split(/[\s,]+/).filter(word => word !== '');
}

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

function issuesOf(
  values: IntegrationFormValues,
  issues: readonly Issue[] = [],
): FieldErrors {
  const errors: Record<string, string> = {};
  for (const issue of issues) {
    const path = issue.path.map(String).join('.');
    // The first message of a field says enough.
    errors[path] ??= messageOf(values, issue);
  }
  return errors;
}

function messageOf(values: IntegrationFormValues, issue: Issue): string {
  const [field, index] = issue.path;
  if (issue.path.at(-1) === 'port') {
    return 'is a number from 1 to 65535';
  }
  if (
    field === 'clientSecretExpiresOn' ||
    field === 'nextClientSecretExpiresOn'
  ) {
    return 'is not a date';
  }
  if (
    (field === 'scopes' ||
      field === 'allowedDomains' ||
      field === 'allowedTenants') &&
    typeof index === 'number'
  ) {
    return `“${wordsOf(values[field])[index]}” ${issue.message}`;
  }
  return isEmpty(values, field) ? 'is required' : issue.message;
}

function isEmpty(values: IntegrationFormValues, field: unknown): boolean {
  return (
    (field === 'authorizationEndpoint' || field === 'tokenEndpoint') &&
    values[field].trim() === ''
  );
}
