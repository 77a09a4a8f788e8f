// SPDX-License-Identifier: Apache-2.0
import {
  CheckReport,
  grantLimits,
  lintRedirectUrl,
  lintScopes,
  OAuthIntegration,
  oauthProviders,
  SettingsWarning,
} from '@postroom/plugin-incoming-mail-common';
import { MailFailure } from '@postroom/plugin-incoming-mail-node';
import type { GuardedFetch } from '../../egress';
import { explainFailure } from '../explainFailure';
import { CheckResult, CheckStep, orFailure, runChecks } from '../runChecks';
import { TokenEndpoint, TokenProbe } from '../tokenEndpoint';
import { isReady } from './integrationRules';
import {
  explainNoAnswer,
  judgeClientProbe,
  judgeEndpointProbe,
} from './judgeTokenProbe';
import { isLoopbackUrl, isSecureBaseUrl, redirectUrl } from './redirectUrl';
import { IntegrationRecord } from './types';
import { withNextSecret } from './withClientSecrets';

const TIMEOUT_MS = 30_000;

const NOBODY_SENT: CheckResult = {
  verdict: 'skipped',
  detail: 'The application acts in its own name: nobody is sent there',
};

/** What the doctor works with. */
export interface IntegrationCheckDeps {
  /** Of the plugin, as browsers reach it. */
  readonly externalBaseUrl: string;
  /** Whether endpoints on this very machine may be http. */
  readonly allowHttpLoopback: boolean;
  readonly fetch: GuardedFetch;
  readonly tokenEndpoint: TokenEndpoint;
  /** The account that many mailboxes use through the integration, if there is one. */
  readonly crowdedAccount?: OAuthIntegration['crowdedAccount'];
  /** For everything together. Default: 30 seconds. */
  readonly timeoutMs?: number;
}

/**
 * Checks the set-up of an integration in the order in which an administrator
 * would look for a fault, and says of each fault where it is mended. Nothing
 * is stored. The provider gets at most four requests: one for the page that
 * people will see, one that shows no client, and, if that one was answered as
 * a token endpoint answers, one with the client for each client secret that
 * there is: a made-up code or, where the application acts in its own name, a
 * real request, whose token is dropped.
 */
export async function checkIntegration(
  integration: IntegrationRecord,
  deps: IntegrationCheckDeps,
): Promise<CheckReport> {
  const { externalBaseUrl, timeoutMs = TIMEOUT_MS } = deps;
  const redirectUri = redirectUrl(externalBaseUrl, integration.callbackSlug);
  const visits = startVisits(integration, { ...deps, redirectUri });
  const steps: CheckStep[] = [
    {
      id: 'base-url-secure',
      title: 'The portal is reached over https',
      run: () => judgeBaseUrl(externalBaseUrl),
    },
    {
      id: 'redirect-url-accepted',
      title: 'The redirect URL keeps the provider’s rules',
      run: () =>
        actsAlone(integration)
          ? NOBODY_SENT
          : judgeRedirectUrl(redirectUri, integration),
    },
    {
      id: 'scopes-fit',
      title: 'The scopes give lasting access to mail',
      run: () => judgeScopes(integration),
    },
    {
      id: 'endpoints-allowed',
      title: 'The endpoints may be reached from here',
      run: async signal =>
        findInsecureEndpoint(integration, deps) ??
        judgeGuard(integration, await visits(signal)),
    },
    {
      id: 'token-endpoint-reachable',
      title: 'The token endpoint answers',
      needs: ['endpoints-allowed'],
      run: async signal => {
        const probe = (await visits(signal)).token;
        return MailFailure.is(probe)
          ? explainNoAnswer(probe)
          : judgeEndpointProbe(probe);
      },
    },
    {
      id: 'client-accepted',
      title: integration.nextClientSecret
        ? 'Client ID and present client secret are accepted'
        : 'Client ID and client secret are accepted',
      needs: ['token-endpoint-reachable'],
      run: signal => judgeClient(integration, { ...deps, redirectUri, signal }),
    },
    ...nextSecretSteps(integration, { ...deps, redirectUri }),
    {
      id: 'authorization-endpoint-answers',
      title: 'The authorization endpoint answers',
      needs: ['endpoints-allowed'],
      run: async signal =>
        actsAlone(integration)
          ? NOBODY_SENT
          : judgeAuthorizationPage((await visits(signal)).authorization),
    },
    ...crowdSteps(deps.crowdedAccount),
  ];
  return runChecks(steps, { timeoutMs });
}

/** Shows the client with a made-up code. */
async function judgeClient(
  integration: IntegrationRecord,
  options: {
    tokenEndpoint: TokenEndpoint;
    redirectUri: string;
    signal: AbortSignal;
  },
): Promise<CheckResult> {
  if (!isReady(integration)) {
    return explainFailure({ code: 'integration-incomplete' });
  }
  const { tokenEndpoint, redirectUri, signal } = options;
  if (actsAlone(integration)) {
    return judgeOwnAccess(integration, tokenEndpoint, signal);
  }
  const probe = await orFailure(() =>
    tokenEndpoint.probe(integration, { redirectUri, as: 'client', signal }),
  );
  return MailFailure.is(probe)
    ? explainNoAnswer(probe)
    : judgeClientProbe(
        probe,
        integration.settings.provider,
        integration.presetProvider,
      );
}

/** The same with the next secret, while there is one. */
function nextSecretSteps(
  integration: IntegrationRecord,
  deps: IntegrationCheckDeps & { redirectUri: string },
): CheckStep[] {
  return integration.nextClientSecret
    ? [
        {
          id: 'next-client-secret-accepted',
          title: 'The new client secret is accepted',
          needs: ['token-endpoint-reachable'],
          run: signal =>
            judgeClient(withNextSecret(integration), { ...deps, signal }),
        },
      ]
    : [];
}

function crowdSteps(
  crowd: IntegrationCheckDeps['crowdedAccount'],
): CheckStep[] {
  return crowd
    ? [
        {
          id: 'accounts-not-crowded',
          title: 'No account is used by too many mailboxes',
          run: () => ({
            verdict: 'warned',
            detail: `${crowd.grants} mailboxes read ${crowd.account} through this integration; from ${grantLimits.refuseFrom} on, no more are authorized`,
            remedy:
              'Providers bound how many accesses an account gives to one client (Google: 100, each new authorization counts) and then end the oldest ones silently. Remove channels that are no longer used, or use another integration for some.',
          }),
        },
      ]
    : [];
}

function actsAlone({ settings }: IntegrationRecord): boolean {
  return settings.grantType === 'client_credentials';
}

/** The very request by which mailboxes are read; nothing comes closer. */
async function judgeOwnAccess(
  integration: IntegrationRecord,
  tokenEndpoint: TokenEndpoint,
  signal: AbortSignal,
): Promise<CheckResult> {
  const answer = await orFailure(() =>
    tokenEndpoint.requestForApplication(integration, { signal }),
  );
  if (!MailFailure.is(answer)) {
    return { verdict: 'passed', detail: 'The provider gave an access token' };
  }
  if (answer.code === 'token-endpoint-unreachable') {
    return explainNoAnswer(answer);
  }
  const { provider, grantType } = integration.settings;
  return explainFailure(answer, { provider, grantType });
}

/** What came of asking both endpoints, before anything secret is sent. */
interface Visits {
  readonly authorization: number | MailFailure;
  readonly token: TokenProbe | MailFailure;
}

/** Asks once, whoever of the steps is first. */
function startVisits(
  integration: IntegrationRecord,
  deps: IntegrationCheckDeps & { redirectUri: string },
): (signal: AbortSignal) => Promise<Visits> {
  const { redirectUri, fetch, tokenEndpoint } = deps;
  const { authorizationEndpoint } = integration.settings;
  let visits: Promise<Visits> | undefined;
  const visit = async (signal: AbortSignal): Promise<Visits> => {
    const [authorization, token] = await Promise.all([
      orFailure(async () => {
        const init = { signal, statusOnly: true };
        return (await fetch(authorizationEndpoint, init)).status;
      }),
      orFailure(() =>
        tokenEndpoint.probe(integration, { redirectUri, as: 'nobody', signal }),
      ),
    ]);
    return { authorization, token };
  };
  return signal => {
    visits ??= visit(signal);
    return visits;
  };
}

function judgeBaseUrl(externalBaseUrl: string): CheckResult {
  const { origin, protocol } = new URL(externalBaseUrl);
  if (protocol === 'https:') {
    return { verdict: 'passed', detail: origin };
  }
  return isSecureBaseUrl(externalBaseUrl)
    ? {
        verdict: 'warned',
        detail: `${origin} is this very machine: for development only`,
        remedy:
          'Before others use the portal, serve its backend over https and set backend.baseUrl to that address.',
      }
    : {
        verdict: 'failed',
        detail: `${origin} is not https: whoever sees the traffic could take over what a consent gives`,
        remedy:
          'Serve the portal’s backend over https and set backend.baseUrl in app-config to that address.',
      };
}

function judgeRedirectUrl(
  redirectUri: string,
  { settings: { provider }, presetProvider }: IntegrationRecord,
): CheckResult {
  const warnings = lintRedirectUrl({ redirectUrl: redirectUri, provider })
    // The check before has told.
    .filter(({ code }) => code !== 'redirect-url-not-https');
  const { redirectUrls: link } =
    presetProvider?.description.links ?? oauthProviders[provider].links;
  return toResult(warnings, { link, good: redirectUri });
}

function judgeScopes({ settings }: IntegrationRecord): CheckResult {
  const { provider } = settings;
  if (provider === 'custom') {
    return {
      verdict: 'skipped',
      detail:
        'Nothing is known of this provider’s scopes; what they leave out shows at the first authorization',
    };
  }
  const link = oauthProviders[provider].links.scopes;
  return toResult(lintScopes(settings), {
    link,
    good: settings.scopes.join(' '),
  });
}

/** All warnings in one result; one that is refused makes it a failure. */
function toResult(
  warnings: readonly SettingsWarning[],
  options: { link?: string; good: string },
): CheckResult {
  if (warnings.length === 0) {
    return { verdict: 'passed', detail: options.good };
  }
  const [suggestion] = warnings.flatMap(warning => warning.suggestion ?? []);
  return {
    verdict: warnings.some(({ refused }) => refused) ? 'failed' : 'warned',
    detail: warnings.map(({ message }) => message).join(' '),
    remedy: suggestion && `Write instead: ${suggestion}`,
    link: options.link,
  };
}

/** A URL can only be http here where the configuration was changed since. */
function findInsecureEndpoint(
  { settings }: IntegrationRecord,
  { allowHttpLoopback }: IntegrationCheckDeps,
): CheckResult | undefined {
  const insecure = endpointsOf(settings).find(
    ([, url]) =>
      new URL(url).protocol !== 'https:' &&
      !(allowHttpLoopback && isLoopbackUrl(url)),
  );
  return (
    insecure && {
      ...explainFailure({ code: 'plaintext-refused' }),
      detail: `The ${insecure[0]} is not https: the client secret and tokens would travel readably`,
      remedy: 'Write the address with https in the integration.',
    }
  );
}

function endpointsOf(
  settings: IntegrationRecord['settings'],
): Array<[name: string, url: string]> {
  const { authorizationEndpoint, tokenEndpoint, revocationEndpoint } = settings;
  const endpoints: Array<[string, string]> = [
    ['authorization endpoint', authorizationEndpoint],
    ['token endpoint', tokenEndpoint],
  ];
  return revocationEndpoint
    ? [...endpoints, ['revocation endpoint', revocationEndpoint]]
    : endpoints;
}

/** What the guard itself refused, before anything was connected to. */
function judgeGuard(
  { settings }: IntegrationRecord,
  { authorization, token }: Visits,
): CheckResult {
  const visits = [
    ['authorization endpoint', authorization],
    ['token endpoint', token],
  ] as const;
  for (const [name, visit] of visits) {
    if (
      MailFailure.is(visit) &&
      (visit.code === 'host-not-allowed' || visit.code === 'plaintext-refused')
    ) {
      return {
        ...explainFailure(visit),
        detail: `The ${name} may not be reached from here`,
        remedy:
          'Check the address. If it is meant to be inside your network, allow it under incomingMail.egress.allowPrivate in app-config.',
      };
    }
  }
  return endpointsOf(settings).every(([, url]) => url.startsWith('https:'))
    ? { verdict: 'passed' }
    : {
        verdict: 'warned',
        detail:
          'An endpoint on this very machine is http: for development only',
      };
}

/**
 * Asked without the parameters of an authorization request, an endpoint shows
 * a page, leads to one, or complains (RFC 6749 section 4.1.2.1): all of it
 * shows that it is there.
 */
function judgeAuthorizationPage(visit: number | MailFailure): CheckResult {
  if (MailFailure.is(visit)) {
    const remedy =
      'Check its address. If the page opens in your browser, the way from the portal’s backend to it is blocked; authorizing may work all the same.';
    // The catalogue has no code for this endpoint, only for its neighbour.
    return visit.code === 'token-endpoint-unreachable'
      ? { verdict: 'failed', detail: 'It did not answer', remedy }
      : { ...explainFailure(visit), remedy };
  }
  const detail = `HTTP ${visit}`;
  if (visit < 400 || visit === 400) {
    return { verdict: 'passed', detail };
  }
  // Some servers fall over a request without parameters.
  if (visit === 429 || visit >= 500) {
    return {
      verdict: 'warned',
      detail: `It is not well, or does not like a request without parameters (${detail})`,
      remedy: 'Open it in a browser, or try an authorization.',
    };
  }
  return {
    verdict: 'failed',
    detail: `There seems to be no authorization endpoint at this address (${detail})`,
    remedy: 'Compare the address with the provider’s documentation.',
  };
}
