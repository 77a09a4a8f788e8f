// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

/**
 * The parameters that an administrator may add to authorization requests,
 * each with what it is needed for. A closed list: whatever else a request
 * holds decides who gets the answer, and is made here.
 *
 * `prompt` takes the place of the preset's, since it decides only what the
 * person is shown; every other parameter that a preset sends stays as it is
 * (see `findAuthorizationParameterError`).
 *
 * @public
 */
export const authorizationParameters = {
  prompt:
    'Which pages are shown: login, consent, select_account (OpenID Connect Core section 3.1.2.1)',
  access_type:
    'offline: lasting access at Zoho and providers modelled on Google',
  domain_hint: 'Microsoft: skips the choice of an account’s organization',
  hd: 'Google: offers accounts of one Workspace domain only; a hint, no proof',
  include_granted_scopes:
    'Google: false keeps what was allowed before out of the new access',
  audience: 'Auth0 and others: which service the token is for',
  resource: 'Which service the token is for (RFC 8707)',
  acr_values:
    'How strongly the person has to sign in (OpenID Connect Core section 3.1.2.1)',
  claims:
    'Which claims the ID token has to hold, as JSON (OpenID Connect Core section 5.5)',
  max_age:
    'Seconds after which the person has to sign in again (OpenID Connect Core section 3.1.2.1)',
  ui_locales: 'Languages of the provider’s pages (OpenID Connect Core)',
  organization: 'Auth0: which organization the person signs in to',
  kc_idp_hint: 'Keycloak: which identity provider behind it is used',
} as const;

/** A parameter that may be added. @public */
export type AuthorizationParameterName = keyof typeof authorizationParameters;

/** The names of {@link authorizationParameters}, in their order. @public */
export const authorizationParameterNames = Object.keys(
  authorizationParameters,
) as AuthorizationParameterName[];

/**
 * Parameters that are made for each request and can never be named, neither as
 * an addition nor in the query of an authorization endpoint: they decide whom
 * an answer goes to, in which form, for what, and what proves that it is ours
 * (RFC 6749 section 4.1.1, RFC 7636, RFC 9101, RFC 9396, OpenID Connect Core).
 *
 * @public
 */
export const reservedAuthorizationParameters = [
  'client_id',
  'client_secret',
  'redirect_uri',
  'response_type',
  'response_mode',
  'scope',
  'state',
  'nonce',
  'code_challenge',
  'code_challenge_method',
  'request',
  'request_uri',
  'registration',
  'authorization_details',
  'dpop_jkt',
  // The mailbox's address is sent, so that nobody has to type it.
  'login_hint',
  'id_token_hint',
] as const;

/** Whether a parameter is one of {@link reservedAuthorizationParameters}. @public */
export function isReservedAuthorizationParameter(name: string): boolean {
  const reserved: readonly string[] = reservedAuthorizationParameters;
  return reserved.includes(name.toLowerCase());
}

/** Whether a parameter is one of {@link authorizationParameters}. @public */
export function isAuthorizationParameter(
  name: string,
): name is AuthorizationParameterName {
  return Object.hasOwn(authorizationParameters, name);
}

const MAX_PARAMETERS = 20;

/** One parameter that is added to authorization requests. @public */
export const authorizationParameterSchema = z
  .strictObject({
    name: z.string().trim().min(1, 'is required').max(100),
    value: z
      .string()
      .trim()
      .min(1, 'is required')
      .max(1_000)
      .regex(/^[^\p{Cc}]*$/u, 'holds control characters'),
  })
  .superRefine(({ name, value }, context) => {
    const nameError = findNameError(name);
    const valueError = nameError ? undefined : findValueError(name, value);
    if (nameError) {
      context.addIssue({ code: 'custom', path: ['name'], message: nameError });
    }
    if (valueError) {
      context.addIssue({
        code: 'custom',
        path: ['value'],
        message: valueError,
      });
    }
  });

/** See {@link authorizationParameterSchema}. @public */
export type AuthorizationParameter = z.infer<
  typeof authorizationParameterSchema
>;

/** The parameters of an integration; each name once. @public */
export const authorizationParameterListSchema = z
  .array(authorizationParameterSchema)
  .max(MAX_PARAMETERS)
  .superRefine((parameters, context) => {
    parameters.forEach(({ name }, index) => {
      if (parameters.findIndex(other => other.name === name) < index) {
        context.addIssue({
          code: 'custom',
          path: [index, 'name'],
          message: 'is there twice',
        });
      }
    });
  });

function findNameError(name: string): string | undefined {
  if (isReservedAuthorizationParameter(name)) {
    return 'is made for each request and cannot be set';
  }
  return isAuthorizationParameter(name)
    ? undefined
    : 'is not one of the parameters that may be added';
}

const prompts = ['login', 'consent', 'select_account'];

function findValueError(name: string, value: string): string | undefined {
  switch (name) {
    case 'prompt':
      // `none` would show no page to a person who has opened a popup for it.
      return value.split(' ').every(word => prompts.includes(word))
        ? undefined
        : `is not made of ${prompts.join(', ')}`;
    case 'max_age':
      return /^\d{1,9}$/.test(value) ? undefined : 'is not a number of seconds';
    case 'resource':
      // RFC 8707 section 2.
      return URL.canParse(value) && !value.includes('#')
        ? undefined
        : 'is not an absolute address without a fragment';
    case 'claims':
      return isJsonObject(value) ? undefined : 'is not a JSON object';
    default:
      return undefined;
  }
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    // Not JSON at all.
    return false;
  }
}
