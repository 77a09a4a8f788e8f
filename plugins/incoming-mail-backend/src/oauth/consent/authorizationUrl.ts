// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import {
  isAuthorizationParameter,
  oauthProviders,
} from '@postroom/plugin-incoming-mail-common';
import { Secret } from '../../secrets';
import { IntegrationRecord } from '../integrations/types';

/**
 * Where the popup is sent: the authorization request (RFC 6749 section 4.1.1)
 * with PKCE (RFC 7636), always with S256.
 */
export function authorizationUrl(options: {
  integration: IntegrationRecord;
  redirectUri: string;
  state: string;
  verifier: Secret;
  nonce?: string;
  /** The address whose mailbox is to be authorized. */
  loginHint: string;
}): string {
  const { authorizationEndpoint, scopes, clientId } =
    options.integration.settings;
  const url = new URL(authorizationEndpoint);
  const parameters = {
    // First, so that neither an administrator's nor a provider's extras can
    // replace one of ours.
    ...extraParameters(options.integration),
    response_type: 'code',
    client_id: clientId ?? '',
    redirect_uri: options.redirectUri,
    scope: scopes.join(' '),
    state: options.state,
    code_challenge: codeChallenge(options.verifier),
    code_challenge_method: 'S256',
    login_hint: options.loginHint,
    ...(options.nonce !== undefined && { nonce: options.nonce }),
  };
  for (const [name, value] of Object.entries(parameters)) {
    url.searchParams.set(name, value);
  }
  return url.href;
}

/**
 * What the administrator adds, and the provider's preset over it, without
 * which no refresh token would be given. Only `prompt` is the administrator's
 * first: it decides what the person sees.
 */
function extraParameters({
  settings,
  presetProvider,
}: IntegrationRecord): Record<string, string> {
  const preset =
    presetProvider?.authorizationParameters ??
    oauthProviders[settings.provider].authorizationParameters;
  const added = Object.fromEntries(
    (settings.authorizationParameters ?? [])
      .filter(({ name }) => isAuthorizationParameter(name))
      .map(({ name, value }) => [name, value]),
  );
  const { prompt } = added;
  return { ...added, ...preset, ...(prompt !== undefined && { prompt }) };
}

/** RFC 7636 section 4.2. */
function codeChallenge(verifier: Secret): string {
  return createHash('sha256').update(verifier.reveal()).digest('base64url');
}
