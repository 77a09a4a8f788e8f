// SPDX-License-Identifier: Apache-2.0
import {
  ClientAuthentication,
  clientAuthenticationSchema,
  CreateIntegration,
  createIntegrationSchema,
  DiscoveredIssuer,
  MailHost,
  MicrosoftCloud,
  microsoftSettings,
  microsoftSettingsOf,
  microsoftTenantSchema,
  OAuthIntegration,
  oauthProviders,
  ProviderId,
  UpdateIntegration,
  updateIntegrationSchema,
  usualPort,
} from '@postroom/plugin-incoming-mail-common';
import type { FieldErrors } from '../../api/fieldErrors';
import { ServerRow, toServerRow } from '../../components/mailbox/serverRow';

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
  /** Absent unless the endpoints are those of a tenant of Microsoft. */
  readonly microsoft: MicrosoftRow | undefined;
  readonly name: string;
  readonly issuer: string;
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
  readonly revocationEndpoint: string;
  /** One per line. */
  readonly scopes: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** A day as `2027-01-31`, or empty. */
  readonly clientSecretExpiresOn: string;
  readonly clientAuthentication: ClientAuthentication;
  /** One per line. */
  readonly allowedDomains: string;
  readonly mailHosts: readonly MailHostRow[];
}

/** What the fields amount to: something to send, or what is wrong with it. */
export type FormVerdict<T> =
  | { kind: 'valid'; body: T }
  | { kind: 'invalid'; errors: FieldErrors };

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
    clientAuthentication: 'client_secret_basic',
    allowedDomains: '',
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
  return { ...values, ...presetOf(provider) };
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
    microsoft: microsoftOf(endpoints),
    issuer: preset.issuer ?? '',
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
      scopes: settings.scopes.join('\n'),
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
  | 'authorizationEndpoint'
  | 'tokenEndpoint'
  | 'revocationEndpoint'
  | 'issuer'
  | 'scopes'
  | 'allowedDomains';

/**
 * The form after what an issuer says of itself was taken over. The scopes
 * stay: what a server knows is not what a mailbox needs.
 */
export function withDiscovered(
  values: IntegrationFormValues,
  found: DiscoveredIssuer,
): IntegrationFormValues {
  const methods = found.clientAuthenticationMethods;
  const usable = clientAuthenticationSchema.options.find(method =>
    methods.includes(method),
  );
  return {
    ...values,
    issuer: found.issuer,
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
    microsoft: microsoftOf(integration),
    name: integration.name,
    issuer: integration.issuer ?? '',
    authorizationEndpoint: integration.authorizationEndpoint,
    tokenEndpoint: integration.tokenEndpoint,
    revocationEndpoint: integration.revocationEndpoint ?? '',
    scopes: integration.scopes.join('\n'),
    clientId: integration.clientId ?? '',
    clientSecret: '',
    clientSecretExpiresOn: integration.clientSecret.expiresOn ?? '',
    clientAuthentication: integration.clientAuthentication,
    allowedDomains: integration.allowedDomains.join('\n'),
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
 * Whether the stored secret may not be kept: it would be sent to another
 * place, or stands for another client. The backend holds the same rule.
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
    integration.clientSecret.set &&
    values.clientAuthentication !== 'none' &&
    values.clientSecret === '' &&
    bound.some(field => before[field].trim() !== values[field].trim())
  );
}

/** Whether something was typed that is not stored. */
export function hasChanges(
  integration: OAuthIntegration,
  values: IntegrationFormValues,
): boolean {
  const before = fromIntegration(integration);
  return JSON.stringify(before) !== JSON.stringify(values);
}

/** Whether saving leaves a draft: client ID or secret are still to come. */
export function isDraft(
  values: IntegrationFormValues,
  secretStored: boolean,
): boolean {
  const hasSecret = values.clientSecret !== '' || secretStored;
  return (
    values.clientId.trim() === '' ||
    (values.clientAuthentication !== 'none' && !hasSecret)
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
    version: integration.version,
  });
  return verdictOf(
    parsed.success ? { kind: 'valid', body: parsed.data } : undefined,
    {
      ...issuesOf(values, parsed.error?.issues),
      ...tenantErrors(values),
      ...(secretMustBeReentered(integration, values) && {
        clientSecret: reenterMessage,
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

/** Its endpoints may be well-formed around a tenant that is none. */
function tenantErrors({ microsoft }: IntegrationFormValues): FieldErrors {
  const parsed = microsoftTenantSchema.safeParse(microsoft?.tenant);
  return microsoft === undefined || parsed.success
    ? {}
    : { tenant: parsed.error.issues[0].message };
}

function settingsOf(values: IntegrationFormValues) {
  return {
    name: values.name,
    provider: values.provider,
    issuer: textOrAbsent(values.issuer),
    authorizationEndpoint: values.authorizationEndpoint,
    tokenEndpoint: values.tokenEndpoint,
    revocationEndpoint: textOrAbsent(values.revocationEndpoint),
    scopes: scopesOf(values),
    clientId: textOrAbsent(values.clientId),
    ...(values.clientAuthentication !== 'none' && {
      clientSecret:
        values.clientSecret === '' ? undefined : values.clientSecret,
      clientSecretExpiresOn: textOrAbsent(values.clientSecretExpiresOn),
    }),
    clientAuthentication: values.clientAuthentication,
    allowedDomains: wordsOf(values.allowedDomains),
    mailHosts: values.mailHosts.map(({ key: _, ...row }) => ({
      ...row,
      port: /^\d{1,5}$/.test(row.port.trim()) ? Number(row.port) : Number.NaN,
    })),
  };
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
  if (field === 'clientSecretExpiresOn') {
    return 'is not a date';
  }
  if (
    (field === 'scopes' || field === 'allowedDomains') &&
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
