// SPDX-License-Identifier: Apache-2.0
import type { GrantType, MailHost, ProviderId } from './integrations';
import {
  MicrosoftCloudInfo,
  microsoftClouds,
  microsoftCloudOf,
  oauthProviders,
} from './providers';

// `{{subject}}` stands for what the sentence is about, as translations have it.
const catalogue = {
  'redirect-url-malformed':
    'This is not an address that a provider can register. It is made from backend.baseUrl in app-config: correct it there.',
  'redirect-url-not-https':
    'Providers send authorization codes to https addresses only; http is accepted for localhost alone. Serve the portal’s backend over https and set backend.baseUrl to that address.',
  'redirect-url-ip-address':
    'Google refuses the address {{subject}} because it is a number and not a name. Set backend.baseUrl to the name that the portal has on the internet, such as that of its load balancer.',
  'redirect-url-not-public':
    'Google refuses {{subject}} because it does not end in a public domain. Set backend.baseUrl to a name under a domain of yours; the name need not be reachable from outside.',
  'redirect-url-user-info':
    'The address holds a user name or password, which every browser and log on the way would see. Take it out of backend.baseUrl.',
  'redirect-url-fragment':
    'The address has a part after #, which browsers keep to themselves (RFC 6749 section 3.1.2 forbids it). Take it out of backend.baseUrl.',
  'redirect-url-wildcard':
    'The address holds a *. Providers compare addresses character by character. Set backend.baseUrl to one address.',
  'redirect-url-path-traversal':
    'The path holds “..”, which providers refuse because it leads elsewhere than it says. Write backend.baseUrl without it.',
  'redirect-url-too-long':
    'Microsoft registers addresses of at most 256 characters; this one has {{subject}}. Shorten backend.baseUrl.',
  'redirect-url-other-origin':
    'Your browser reaches the portal’s backend at {{subject}}, but the provider will send people to the address above. If that is not the same installation, correct backend.baseUrl.',
  'google-mail-scope-missing':
    'Without https://mail.google.com/, written exactly so, Google gives no access to a mailbox over IMAP or POP3. Its narrower Gmail scopes are for another interface.',
  'google-offline-access':
    'Google knows no scope offline_access and refuses requests that hold it. It gives lasting access by a parameter, which is always sent.',
  'microsoft-short-scope':
    '{{subject}} without an address in front means Microsoft Graph. Such a token is refused by the mail server with “AUTHENTICATE failed”, although the consent succeeds.',
  'microsoft-other-cloud':
    '{{subject}} belongs to another cloud of Microsoft than the endpoints, which know no such resource.',
  'microsoft-graph-scope':
    'A token of Microsoft is for one resource only. {{subject}} asks for Microsoft Graph, so the request is refused or its token is of no use to the mail server.',
  'microsoft-imap-scope-missing':
    'A mail server of this integration is read over IMAP, which no scope here allows.',
  'microsoft-pop-scope-missing':
    'A mail server of this integration is read over POP3, which no scope here allows.',
  'microsoft-offline-access-missing':
    'Without offline_access Microsoft gives no refresh token, and access ends within the hour.',
  'microsoft-application-scope':
    'An application that acts in its own name asks for {{subject}} and nothing else, which means all that it was granted beforehand.',
} as const;

/** The stable word for one rule that settings can break. @public */
export type SettingsWarningCode = keyof typeof catalogue;

/**
 * Every sentence of a {@link SettingsWarning} by its code. `{{subject}}` is
 * filled in; a page that translates them fills in the warning's `subject`.
 *
 * @public
 */
export const settingsWarningTexts: typeof catalogue = catalogue;

/**
 * Something about an integration's settings that its provider refuses, or
 * that will not work as the administrator expects.
 *
 * @public
 */
export interface SettingsWarning {
  readonly code: SettingsWarningCode;
  readonly field: 'redirectUrl' | 'scopes';
  /** The reason and, unless `suggestion` is it, the way out. */
  readonly message: string;
  /** What the sentence is about, such as the scopes concerned. */
  readonly subject?: string;
  /** Whether it cannot work, rather than being unwise or unlikely to work. */
  readonly refused: boolean;
  /**
   * What the whole field could hold instead; scopes are separated by single
   * spaces, as RFC 6749 section 3.3 has them.
   */
  readonly suggestion?: string;
}

function warning(
  code: SettingsWarningCode,
  refused: boolean,
  more: { subject?: string; suggestion?: readonly string[] } = {},
): SettingsWarning {
  const { subject, suggestion } = more;
  return {
    code,
    field: code.startsWith('redirect-url-') ? 'redirectUrl' : 'scopes',
    message: catalogue[code].replace('{{subject}}', () => subject ?? ''),
    refused,
    ...(subject !== undefined && { subject }),
    ...(suggestion && { suggestion: suggestion.join(' ') }),
  };
}

/** What {@link lintRedirectUrl} judges. @public */
export interface RedirectUrlToLint {
  redirectUrl: string;
  provider: ProviderId;
  /** Where the administrator's browser reaches the portal's backend. */
  currentOrigin?: string;
}

// Microsoft, "Redirect URI restrictions and limitations".
const MICROSOFT_MAX_LENGTH = 256;

// A slash or backslash, then two dots, each as such or percent-encoded. Tested
// against the text, because parsing a URL resolves them away.
const traversalPattern = /(?:[/\\]|%2f|%5c)(?:\.|%2e){2}(?=[/\\?#]|%2f|%5c|$)/i;

/**
 * Holds a redirect URL against the rules by which providers refuse one at
 * registration. Never throws, whatever the URL is.
 *
 * Sources: Google "Using OAuth 2.0 for Web Server Applications", URI
 * validation; Microsoft "Redirect URI restrictions and limitations"; RFC 6749
 * section 3.1.2. Google has the list of public domains at hand, which this has
 * not: only endings that are known never to be public are found.
 *
 * @public
 */
export function lintRedirectUrl(options: RedirectUrlToLint): SettingsWarning[] {
  const { redirectUrl, provider, currentOrigin } = options;
  if (!URL.canParse(redirectUrl) || !isCleanlyEncoded(redirectUrl)) {
    return [warning('redirect-url-malformed', true)];
  }
  const url = new URL(redirectUrl);
  // The rules of Google and Microsoft are known; those of others are not.
  const known = provider !== 'custom';
  const warnings: SettingsWarning[] = [];
  if (needsHttps(redirectUrl)) {
    warnings.push(warning('redirect-url-not-https', known));
  }
  if (provider === 'google') {
    warnings.push(...lintGoogleHost(url.hostname));
  }
  if (url.username !== '' || url.password !== '') {
    warnings.push(warning('redirect-url-user-info', known));
  }
  // Looked for in the text: a parsed URL drops an empty fragment.
  if (redirectUrl.includes('#')) {
    warnings.push(warning('redirect-url-fragment', known));
  }
  if (redirectUrl.includes('*')) {
    warnings.push(warning('redirect-url-wildcard', known));
  }
  if (traversalPattern.test(redirectUrl)) {
    warnings.push(warning('redirect-url-path-traversal', known));
  }
  if (provider === 'microsoft' && redirectUrl.length > MICROSOFT_MAX_LENGTH) {
    const subject = String(redirectUrl.length);
    warnings.push(warning('redirect-url-too-long', true, { subject }));
  }
  const browserOrigin = originOf(currentOrigin);
  if (browserOrigin !== undefined && browserOrigin !== url.origin) {
    const subject = browserOrigin;
    warnings.push(warning('redirect-url-other-origin', false, { subject }));
  }
  return warnings;
}

/**
 * Whether codes and tokens would travel readably to this address: it is
 * neither https nor this very machine (RFC 8252 section 8.3).
 *
 * @public
 */
export function needsHttps(address: string): boolean {
  if (!URL.canParse(address)) {
    return false;
  }
  const { protocol, hostname } = new URL(address);
  return protocol !== 'https:' && !isLoopback(hostname);
}

// Control characters, blanks, or a percent sign that encodes nothing or NUL.
// eslint-disable-next-line no-control-regex
const uncleanPattern = /[\x00-\x20\x7f]|%(?![0-9a-f]{2})|%00/i;

function isCleanlyEncoded(url: string): boolean {
  return !uncleanPattern.test(url);
}

function originOf(address: string | undefined): string | undefined {
  return address !== undefined && URL.canParse(address)
    ? new URL(address).origin
    : undefined;
}

// `hostname` of a parsed URL: IPv4 in any notation has become four numbers,
// IPv6 is in brackets.
const ipv4Pattern = /^\d{1,3}(?:\.\d{1,3}){3}$/;

function isIpAddress(hostname: string): boolean {
  return ipv4Pattern.test(hostname) || hostname.startsWith('[');
}

function isLoopback(hostname: string): boolean {
  return (
    hostname === 'localhost' ||
    hostname === '[::1]' ||
    (ipv4Pattern.test(hostname) && hostname.startsWith('127.'))
  );
}

// Endings that no registry sells: RFC 6761, RFC 6762, RFC 8375, RFC 9476,
// ICANN's reservation of .internal, and those that RFC 6762 appendix G names
// as used inside companies.
const privateEndings = new Set([
  'alt',
  'arpa',
  'corp',
  'example',
  'home',
  'internal',
  'intranet',
  'invalid',
  'lan',
  'local',
  'localdomain',
  'localhost',
  'onion',
  'private',
  'test',
]);

function lintGoogleHost(hostname: string): SettingsWarning[] {
  if (isLoopback(hostname)) {
    return [];
  }
  const subject = hostname;
  if (isIpAddress(hostname)) {
    return [warning('redirect-url-ip-address', true, { subject })];
  }
  const labels = hostname.replace(/\.$/, '').split('.');
  return labels.length < 2 || privateEndings.has(labels[labels.length - 1])
    ? [warning('redirect-url-not-public', true, { subject })]
    : [];
}

/** What {@link lintScopes} judges. @public */
export interface ScopesToLint {
  provider: ProviderId;
  scopes: readonly string[];
  /** Their protocols decide which scopes are needed. */
  mailHosts: readonly Pick<MailHost, 'protocol'>[];
  /** Tells the clouds of Microsoft apart; the global one when absent. */
  tokenEndpoint?: string;
  /** Who allows the access; the owner of each mailbox when absent. */
  grantType?: GrantType;
}

/**
 * Holds an integration's scopes against what its provider needs for reading
 * mail, now and after the first hour. Of a custom provider nothing is known;
 * what it leaves out shows at the consent.
 *
 * Each suggestion is made for its warning alone: taking one over leaves the
 * others, which are then judged anew; {@link suggestScopes} takes them all.
 *
 * @public
 */
export function lintScopes(options: ScopesToLint): SettingsWarning[] {
  switch (options.provider) {
    case 'google':
      return lintGoogleScopes(options.scopes);
    case 'microsoft':
      return lintMicrosoftScopes(options);
    default:
      return [];
  }
}

// More than there are rules, each of which a suggestion ends.
const MAX_TURNS = 10;

/**
 * The scopes after all suggestions of {@link lintScopes}, one upon the other;
 * `undefined` where there is none to make.
 *
 * @public
 */
export function suggestScopes(options: ScopesToLint): string[] | undefined {
  let scopes: readonly string[] = options.scopes;
  for (let turn = 0; turn < MAX_TURNS; turn++) {
    const next = lintScopes({ ...options, scopes }).find(
      ({ suggestion }) => suggestion !== undefined,
    );
    if (next?.suggestion === undefined) {
      break;
    }
    scopes = next.suggestion.split(' ');
  }
  return scopes === options.scopes ? undefined : [...scopes];
}

const OFFLINE_ACCESS = 'offline_access';

const [GOOGLE_MAIL_SCOPE] = oauthProviders.google.recommendedScopes;

// Ways to write the mail scope that Google does not take for it, and the
// scopes of its Gmail API, which are of no use here.
const nearlyGoogleMailPattern =
  /^(?:https?:\/\/mail\.google\.com\/?|https:\/\/www\.googleapis\.com\/auth\/gmail\.[a-z.]+)$/i;

function lintGoogleScopes(scopes: readonly string[]): SettingsWarning[] {
  const warnings: SettingsWarning[] = [];
  if (!scopes.includes(GOOGLE_MAIL_SCOPE)) {
    const others = scopes.filter(scope => !nearlyGoogleMailPattern.test(scope));
    const suggestion = [GOOGLE_MAIL_SCOPE, ...others];
    warnings.push(warning('google-mail-scope-missing', true, { suggestion }));
  }
  if (scopes.includes(OFFLINE_ACCESS)) {
    const rest = scopes.filter(scope => scope !== OFFLINE_ACCESS);
    const suggestion = rest.length > 0 ? rest : [GOOGLE_MAIL_SCOPE];
    warnings.push(warning('google-offline-access', true, { suggestion }));
  }
  return warnings;
}

// The scopes that belong to no resource (OpenID Connect Core sections 3.1.2.1,
// 5.4, 11); Microsoft takes them beside those of any one resource.
const resourcelessScopes = new Set([
  'openid',
  'profile',
  'email',
  OFFLINE_ACCESS,
]);

// The mail permissions, alone or behind a resource: 1 resource, 2 permission.
const mailPermissionPattern =
  /^(?:(https:\/\/[^/]+)\/)?(IMAP\.AccessAsUser\.All|POP\.AccessAsUser\.All|SMTP\.Send)$/i;

const permissionSpelling: Readonly<Record<string, string>> = {
  'imap.accessasuser.all': 'IMAP.AccessAsUser.All',
  'pop.accessasuser.all': 'POP.AccessAsUser.All',
  'smtp.send': 'SMTP.Send',
};

type MicrosoftScope =
  | { kind: 'resourceless' | 'graph' | 'all-granted' | 'other' }
  | {
      kind: 'mail' | 'short' | 'other-cloud';
      permission: string;
      /** The same permission as this cloud's mail servers want it. */
      corrected: string;
    };

const outlookResources: readonly string[] = Object.values(
  microsoftClouds,
).flatMap(cloud => cloud.mailResources);

/** What a scope of a Microsoft request is for, seen from one cloud. */
function judgeMicrosoftScope(
  scope: string,
  mailResources: readonly string[],
): MicrosoftScope {
  if (resourcelessScopes.has(scope)) {
    return { kind: 'resourceless' };
  }
  const match = mailPermissionPattern.exec(scope);
  if (match) {
    const resource = match[1]?.toLowerCase();
    const permission = permissionSpelling[match[2].toLowerCase()];
    const corrected = `${mailResources[0]}/${permission}`;
    if (resource === undefined || isGraph(resource)) {
      return { kind: 'short', permission, corrected };
    }
    if (mailResources.includes(resource)) {
      return { kind: 'mail', permission, corrected };
    }
    return outlookResources.includes(resource)
      ? { kind: 'other-cloud', permission, corrected }
      : { kind: 'other' };
  }
  if (!scope.includes('://')) {
    return { kind: 'graph' };
  }
  const origin = originOf(scope) ?? '';
  if (isGraph(origin)) {
    return { kind: 'graph' };
  }
  return mailResources.includes(origin) && scope.endsWith('/.default')
    ? { kind: 'all-granted' }
    : { kind: 'other' };
}

const graphOrigins = new Set([
  'https://graph.microsoft.com',
  'https://graph.microsoft.us',
  'https://dod-graph.microsoft.us',
  'https://microsoftgraph.chinacloudapi.cn',
]);

function isGraph(origin: string): boolean {
  return graphOrigins.has(origin);
}

interface JudgedScope {
  readonly scope: string;
  readonly verdict: MicrosoftScope;
}

function lintMicrosoftScopes(options: ScopesToLint): SettingsWarning[] {
  const cloud = microsoftCloudOf(options.tokenEndpoint ?? '') ?? 'global';
  const { mailResources } = microsoftClouds[cloud];
  const judged = options.scopes.map(scope => ({
    scope,
    verdict: judgeMicrosoftScope(scope, mailResources),
  }));
  if (options.grantType === 'client_credentials') {
    return lintApplicationScopes(judged, microsoftClouds[cloud]);
  }
  const warnings = [
    ...lintWrongResource(judged, 'short', 'microsoft-short-scope'),
    ...lintWrongResource(judged, 'other-cloud', 'microsoft-other-cloud'),
    ...lintGraphScopes(judged),
  ];
  // Everything that was granted beforehand, which is how an application asks
  // in its own name; it is given no refresh token and needs none.
  return judged.some(({ verdict }) => verdict.kind === 'all-granted')
    ? warnings
    : [
        ...warnings,
        ...lintMissingMicrosoftScopes(judged, options, mailResources[0]),
      ];
}

/** AADSTS1002012 is the answer to whatever else is asked for. */
function lintApplicationScopes(
  judged: readonly JudgedScope[],
  { applicationScope }: MicrosoftCloudInfo,
): SettingsWarning[] {
  return judged.length === 1 && judged[0].verdict.kind === 'all-granted'
    ? []
    : [
        warning('microsoft-application-scope', true, {
          subject: applicationScope,
          suggestion: [applicationScope],
        }),
      ];
}

function lintWrongResource(
  judged: readonly JudgedScope[],
  kind: 'short' | 'other-cloud',
  code: SettingsWarningCode,
): SettingsWarning[] {
  const wrong = judged.filter(({ verdict }) => verdict.kind === kind);
  if (wrong.length === 0) {
    return [];
  }
  const corrected = judged.map(({ scope, verdict }) =>
    verdict.kind === kind ? verdict.corrected : scope,
  );
  const suggestion = [...new Set(corrected)];
  return [warning(code, true, { subject: listOf(wrong), suggestion })];
}

function lintGraphScopes(judged: readonly JudgedScope[]): SettingsWarning[] {
  const graph = judged.filter(({ verdict }) => verdict.kind === 'graph');
  if (graph.length === 0) {
    return [];
  }
  const rest = judged
    .filter(({ verdict }) => verdict.kind !== 'graph')
    .map(({ scope }) => scope);
  return [
    warning('microsoft-graph-scope', true, {
      subject: listOf(graph),
      // A field without any scope would be no improvement.
      suggestion: rest.length > 0 ? rest : undefined,
    }),
  ];
}

function listOf(judged: readonly JudgedScope[]): string {
  return judged.map(({ scope }) => scope).join(', ');
}

/** A permission that is there in a wrong form has its warning already. */
function lintMissingMicrosoftScopes(
  judged: readonly JudgedScope[],
  { scopes, mailHosts }: ScopesToLint,
  mailResource: string,
): SettingsWarning[] {
  const permissions = judged.map(({ verdict }) =>
    'permission' in verdict ? verdict.permission : undefined,
  );
  const warnings: SettingsWarning[] = [];
  for (const [protocol, permission, code] of [
    ['imap', 'IMAP.AccessAsUser.All', 'microsoft-imap-scope-missing'],
    ['pop3', 'POP.AccessAsUser.All', 'microsoft-pop-scope-missing'],
  ] as const) {
    const needed = mailHosts.some(host => host.protocol === protocol);
    if (needed && !permissions.includes(permission)) {
      const suggestion = [`${mailResource}/${permission}`, ...scopes];
      warnings.push(warning(code, true, { suggestion }));
    }
  }
  if (!scopes.includes(OFFLINE_ACCESS)) {
    const suggestion = [...scopes, OFFLINE_ACCESS];
    warnings.push(
      warning('microsoft-offline-access-missing', true, { suggestion }),
    );
  }
  return warnings;
}
