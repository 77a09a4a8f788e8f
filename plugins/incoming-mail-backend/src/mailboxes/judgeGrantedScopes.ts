// SPDX-License-Identifier: Apache-2.0
import {
  lintScopes,
  MailHost,
  OAuthIntegration,
} from '@postroom/plugin-incoming-mail-common';
import { CheckResult } from '../oauth';

/**
 * Judges whether what a consent gave opens a mailbox over the protocol in use.
 * People can untick boxes at the provider, and a token for another resource is
 * refused by the mail server without a reason.
 */
export function judgeGrantedScopes(options: {
  granted: readonly string[];
  integration: Pick<OAuthIntegration, 'provider' | 'scopes' | 'tokenEndpoint'>;
  protocol: MailHost['protocol'];
}): CheckResult {
  const { granted, integration, protocol } = options;
  const { provider, scopes: requested, tokenEndpoint } = integration;
  if (provider === 'custom') {
    return judgeAsRequested(granted, requested);
  }
  const warnings = lintScopes({
    provider,
    scopes: granted,
    mailHosts: [{ protocol }],
    tokenEndpoint,
  });
  const missing = warnings.find(({ code }) => code.endsWith('-scope-missing'));
  if (missing) {
    return {
      verdict: 'failed',
      failure: 'scopes-missing',
      detail: missing.message,
      remedy:
        'Authorize again and leave all boxes of the provider’s page ticked. If no box is shown, an administrator adds the scope to the integration first.',
    };
  }
  const elsewhere = warnings.find(
    ({ code }) =>
      code === 'microsoft-short-scope' || code === 'microsoft-other-cloud',
  );
  return elsewhere
    ? {
        verdict: 'warned',
        detail: elsewhere.message,
        remedy:
          'An administrator corrects the scopes of the integration; then authorize again.',
      }
    : { verdict: 'passed', detail: granted.join(' ') };
}

// What is for signing in; providers do not list it in one way.
const identityScopes = new Set([
  'openid',
  'email',
  'profile',
  'offline_access',
]);

/** Which scope of another provider is for mail is not known. */
function judgeAsRequested(
  granted: readonly string[],
  requested: readonly string[],
): CheckResult {
  const has = new Set(granted.map(scope => scope.toLowerCase()));
  const wanted = requested.filter(scope => !identityScopes.has(scope));
  const missing = wanted.filter(scope => !has.has(scope.toLowerCase()));
  if (missing.length > 0) {
    return {
      verdict: 'warned',
      detail: `The integration asks for more than was given: ${missing.join(
        ' ',
      )}`,
      remedy:
        'If signing in fails below, authorize again and allow everything that is asked for.',
    };
  }
  return { verdict: 'passed', detail: granted.join(' ') };
}
