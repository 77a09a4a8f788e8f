// SPDX-License-Identifier: Apache-2.0
import {
  ClientAuthentication,
  CreateIntegration,
  createIntegrationSchema,
  MailHost,
  OAuthIntegration,
  oauthProviders,
  ProviderId,
  UpdateIntegration,
  updateIntegrationSchema,
} from '@postroom/plugin-incoming-mail-common';
import type { FieldErrors } from '../../api/fieldErrors';

/** One mail server as it is typed. */
export interface MailHostRow {
  /** Tells rows apart while they are added and removed. */
  readonly key: number;
  readonly protocol: MailHost['protocol'];
  readonly host: string;
  readonly port: string;
  readonly security: MailHost['security'];
}

/** What is in the fields of the editor, word for word. */
export interface IntegrationFormValues {
  readonly provider: ProviderId;
  readonly name: string;
  readonly issuer: string;
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
  readonly revocationEndpoint: string;
  /** One per line. */
  readonly scopes: string;
  readonly clientId: string;
  readonly clientSecret: string;
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
  const mailHosts = preset.mailHosts.map(toRow);
  return {
    provider,
    issuer: preset.issuer ?? '',
    authorizationEndpoint: preset.authorizationEndpoint ?? '',
    tokenEndpoint: preset.tokenEndpoint ?? '',
    revocationEndpoint: preset.revocationEndpoint ?? '',
    scopes: preset.recommendedScopes.join('\n'),
    mailHosts: mailHosts.length > 0 ? mailHosts : withAddedMailHost([]),
  };
}

/** The form of an integration that exists; its secret is never in it. */
export function fromIntegration(
  integration: OAuthIntegration,
): IntegrationFormValues {
  return {
    provider: integration.provider,
    name: integration.name,
    issuer: integration.issuer ?? '',
    authorizationEndpoint: integration.authorizationEndpoint,
    tokenEndpoint: integration.tokenEndpoint,
    revocationEndpoint: integration.revocationEndpoint ?? '',
    scopes: integration.scopes.join('\n'),
    clientId: integration.clientId ?? '',
    clientSecret: '',
    clientAuthentication: integration.clientAuthentication,
    allowedDomains: integration.allowedDomains.join('\n'),
    mailHosts: integration.mailHosts.map(toRow),
  };
}

function toRow(host: MailHost, key: number): MailHostRow {
  return { ...host, key, port: String(host.port) };
}

// The registered ports, RFC 8314 section 3 and RFC 9051 section 2.1.
const defaultPorts = {
  imap: { tls: '993', starttls: '143', none: '143' },
  pop3: { tls: '995', starttls: '110', none: '110' },
};

/** The rows with an empty one below them. */
export function withAddedMailHost(
  rows: readonly MailHostRow[],
): readonly MailHostRow[] {
  const key = Math.max(-1, ...rows.map(row => row.key)) + 1;
  const port = defaultPorts.imap.tls;
  return [...rows, { key, protocol: 'imap', host: '', port, security: 'tls' }];
}

/**
 * The row after a change. A port that is the usual one follows the protocol
 * and the security; POP3 has no STARTTLS here (RFC 2595 section 4 is not
 * spoken), so that falls back to TLS.
 */
export function withMailHostChange(
  row: MailHostRow,
  change: Partial<Omit<MailHostRow, 'key'>>,
): MailHostRow {
  const next = { ...row, ...change };
  const security =
    next.protocol === 'pop3' && next.security === 'starttls'
      ? 'tls'
      : next.security;
  const portWasUsual = row.port === defaultPorts[row.protocol][row.security];
  const port =
    portWasUsual && change.port === undefined
      ? defaultPorts[next.protocol][security]
      : next.port;
  return { ...next, security, port };
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
  return parsed.success
    ? { kind: 'valid', body: parsed.data }
    : invalid(values, parsed.error.issues);
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
  const verdict: FormVerdict<UpdateIntegration> = parsed.success
    ? { kind: 'valid', body: parsed.data }
    : invalid(values, parsed.error.issues);
  if (!secretMustBeReentered(integration, values)) {
    return verdict;
  }
  const errors = verdict.kind === 'invalid' ? verdict.errors : {};
  return {
    kind: 'invalid',
    errors: { ...errors, clientSecret: reenterMessage },
  };
}

function settingsOf(values: IntegrationFormValues) {
  return {
    name: values.name,
    provider: values.provider,
    issuer: textOrAbsent(values.issuer),
    authorizationEndpoint: values.authorizationEndpoint,
    tokenEndpoint: values.tokenEndpoint,
    revocationEndpoint: textOrAbsent(values.revocationEndpoint),
    scopes: wordsOf(values.scopes),
    clientId: textOrAbsent(values.clientId),
    clientSecret:
      values.clientAuthentication === 'none' || values.clientSecret === ''
        ? undefined
        : values.clientSecret,
    clientAuthentication: values.clientAuthentication,
    allowedDomains: wordsOf(values.allowedDomains),
    mailHosts: values.mailHosts.map(({ key: _, ...row }) => ({
      ...row,
      port: /^\d{1,5}$/.test(row.port.trim()) ? Number(row.port) : Number.NaN,
    })),
  };
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

function invalid(
  values: IntegrationFormValues,
  issues: readonly Issue[],
): { kind: 'invalid'; errors: FieldErrors } {
  const errors: Record<string, string> = {};
  for (const issue of issues) {
    const path = issue.path.map(String).join('.');
    // The first message of a field says enough.
    errors[path] ??= messageOf(values, issue);
  }
  return { kind: 'invalid', errors };
}

function messageOf(values: IntegrationFormValues, issue: Issue): string {
  const [field, index] = issue.path;
  if (issue.path.at(-1) === 'port') {
    return 'is a number from 1 to 65535';
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
