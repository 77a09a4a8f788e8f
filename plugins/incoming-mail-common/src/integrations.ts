// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { applicationFaults } from './applicationFaults';
import { authorizationParameterListSchema } from './authorizationParameters';
import { failureSchema } from './failures';
import { hasTemplatedIssuer } from './microsoftIssuer';

/** The providers that an integration can be made for. @public */
export const providerIdSchema = z.enum(['google', 'microsoft', 'custom']);

/** See {@link providerIdSchema}. @public */
export type ProviderId = z.infer<typeof providerIdSchema>;

// RFC 1123 labels, or an address literal without brackets. Deliberately
// narrow: what passes here is later resolved and connected to.
const hostPattern =
  /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*|[0-9a-f:]*:[0-9a-f:.]*)$/;

const hostSchema = z
  .string()
  .trim()
  .toLowerCase()
  .min(1, 'is required')
  .max(253)
  .regex(hostPattern, 'is not a host name');

// RFC 6749 appendix A.4: scope-token = 1*( %x21 / %x23-5B / %x5D-7E )
const scopePattern = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

// Printable ASCII as RFC 6749 appendix A.1 and A.2 have it.
const vscharPattern = /^[\x20-\x7e]+$/;

const endpointUrl = z
  .string()
  .trim()
  .max(2048)
  .refine(isHttpUrl, 'is not an http(s) address')
  .refine(
    value => !value.includes('#'),
    'must not have a fragment (RFC 6749 section 3.1)',
  )
  .refine(hasNoUserInfo, 'must not hold a user name or password');

function isHttpUrl(value: string): boolean {
  return /^https?:\/\//i.test(value) && URL.canParse(value);
}

function hasNoUserInfo(value: string): boolean {
  if (!URL.canParse(value)) {
    return true;
  }
  const url = new URL(value);
  return url.username === '' && url.password === '';
}

/**
 * A mail server that tokens of an integration may be shown to. `none` is
 * plain text, possible to a loopback address in a development set-up only.
 *
 * @public
 */
export const mailHostSchema = z.strictObject({
  protocol: z.enum(['imap', 'pop3']),
  host: hostSchema,
  port: z.number().int().min(1).max(65535),
  security: z.enum(['tls', 'starttls', 'none']),
});

/** See {@link mailHostSchema}. @public */
export type MailHost = z.infer<typeof mailHostSchema>;

/**
 * How access to a mailbox comes about.
 *
 * - `authorization_code`: its owner consents at the provider (RFC 6749 section
 *   4.1).
 * - `client_credentials`: nobody is asked; the application reads in its own
 *   name whatever the provider's administrator lets it (section 4.4).
 *
 * @public
 */
export const grantTypeSchema = z.enum([
  'authorization_code',
  'client_credentials',
]);

/** See {@link grantTypeSchema}. @public */
export type GrantType = z.infer<typeof grantTypeSchema>;

/**
 * How the client proves itself at the token endpoint: with a secret (RFC 6749
 * section 2.3), with a signature (`private_key_jwt`, RFC 7523 section 2.2), or
 * not at all.
 *
 * @public
 */
export const clientAuthenticationSchema = z.enum([
  'client_secret_basic',
  'client_secret_post',
  'private_key_jwt',
  'none',
]);

/** See {@link clientAuthenticationSchema}. @public */
export type ClientAuthentication = z.infer<typeof clientAuthenticationSchema>;

const domainSchema = z
  .string()
  .trim()
  .toLowerCase()
  .max(253)
  .regex(
    /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)+$/,
    'is not a domain, such as corp.example',
  );

/**
 * The id of a provider that a backend module brings: kebab-case, stored with
 * the integrations that were made from it.
 *
 * @public
 */
export const providerPresetIdSchema = z
  .string()
  .max(100)
  .regex(/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/, 'is not the id of a provider');

const settings = {
  name: z.string().trim().min(1, 'is required').max(100),
  provider: providerIdSchema,
  /**
   * The provider of a backend module that a `custom` integration was made
   * from. Where that module is gone, it works as one made by hand.
   */
  preset: providerPresetIdSchema.optional(),
  /** Who allows the access: the owner of each mailbox unless told. */
  grantType: grantTypeSchema.default('authorization_code'),
  /** RFC 9207 / OpenID Connect issuer; required when the scopes hold `openid`. */
  issuer: endpointUrl.optional(),
  /**
   * Whether the provider declares that its authorization responses name the
   * issuer (RFC 9207): one that does not is then refused. Absent: no.
   */
  issDeclared: z.boolean().optional(),
  authorizationEndpoint: endpointUrl,
  tokenEndpoint: endpointUrl,
  revocationEndpoint: endpointUrl.optional(),
  scopes: z
    .array(
      z
        .string()
        .trim()
        .min(1)
        .max(500)
        .regex(scopePattern, 'is not a scope (RFC 6749 section 3.3)'),
    )
    .min(1, 'needs at least one scope')
    .max(50),
  clientId: z
    .string()
    .trim()
    .min(1)
    .max(1024)
    .regex(vscharPattern, 'holds characters that no client ID has')
    .optional(),
  clientAuthentication: clientAuthenticationSchema,
  /** The `kid` of the client's key (RFC 7515 section 4.1.4), where the provider wants one. */
  clientKeyId: z
    .string()
    .trim()
    .min(1)
    .max(200)
    .regex(vscharPattern, 'holds characters that no key ID has')
    .optional(),
  /** Domains that the account must belong to; empty means any. */
  allowedDomains: z.array(domainSchema).max(100),
  /**
   * Whether an account of an allowed domain may give access to another
   * address, as with shared mailboxes, if the mail server lets it. Absent: no.
   */
  allowSharedMailboxes: z.boolean().optional(),
  /**
   * Microsoft only: the IDs of the tenants that the account must belong to.
   * Absent or empty means any. Needs the scope `openid`.
   */
  allowedTenants: z
    .array(z.guid('is not a tenant ID').toLowerCase())
    .max(100)
    .optional(),
  /** Added to each authorization request. */
  authorizationParameters: authorizationParameterListSchema.optional(),
  /**
   * Google only: whether the app's publishing status is Testing, which ends
   * each consent after seven days. Absent: no.
   */
  inTesting: z.boolean().optional(),
  /** Where a token may be shown; a channel chooses from these. */
  mailHosts: z
    .array(mailHostSchema)
    .min(1, 'needs at least one mail server')
    .max(50),
};

/**
 * When the provider will no longer accept the client secret, as the
 * administrator copied it from the provider: a calendar day.
 *
 * @public
 */
export const secretExpirySchema = z.iso.date();

const clientSecretSchema = z
  .string()
  .min(1)
  .max(4096)
  .regex(vscharPattern, 'holds characters that no client secret has');

// A chain of certificates with long keys stays below it.
const pemSchema = z.string().trim().min(1, 'is required').max(16_384);

/**
 * The key that the client signs with, write-only, and its certificate, both in
 * PEM. They are entered together, so that they never belong to two keys.
 *
 * @public
 */
export const clientKeySchema = z.strictObject({
  /** RSA from 2048 bits, or EC on P-256; PKCS #8, PKCS #1 or SEC 1, not encrypted. */
  privateKey: pemSchema,
  /** X.509; required at Microsoft, which finds the key by it. */
  certificate: pemSchema.optional(),
});

/** See {@link clientKeySchema}. @public */
export type ClientKeyInput = z.infer<typeof clientKeySchema>;

interface ProviderRules {
  provider: ProviderId;
  issuer?: string;
  issDeclared?: boolean;
  authorizationEndpoint: string;
  tokenEndpoint: string;
  scopes: string[];
  allowedTenants?: string[];
  authorizationParameters?: { name: string; value: string }[];
}

/** What depends on several fields, on the field that it is mended in. */
function refuseContradictions(
  value: ProviderRules,
  context: z.RefinementCtx,
): void {
  const refuse = (path: Array<string | number>, message: string) =>
    context.addIssue({ code: 'custom', path, message });
  const hasIdToken = value.scopes.includes('openid');
  if (
    value.issuer === undefined &&
    (value.issDeclared || (hasIdToken && !hasTemplatedIssuer(value)))
  ) {
    refuse(
      ['issuer'],
      hasIdToken
        ? 'is required with the scope openid: ID tokens are checked against it'
        : 'is required where the provider names it in its answers: they are checked against it',
    );
  }
  if (value.allowedTenants?.length) {
    if (value.provider !== 'microsoft') {
      refuse(['allowedTenants'], 'are known at Microsoft only');
    } else if (!hasIdToken) {
      refuse(
        ['allowedTenants'],
        'need the scope openid: the ID token names the tenant',
      );
    }
  }
  value.authorizationParameters?.forEach((parameter, index) => {
    const message = findPresetError(value.provider, parameter);
    if (message) {
      refuse(['authorizationParameters', index, 'value'], message);
    }
  });
}

/**
 * Why a parameter may not have a value at a provider: without these, Google
 * gives a refresh token at the first consent of a person only, or none at all.
 */
function findPresetError(
  provider: ProviderId,
  { name, value }: { name: string; value: string },
): string | undefined {
  if (provider !== 'google') {
    return undefined;
  }
  if (name === 'prompt' && !value.split(' ').includes('consent')) {
    return 'has to hold consent at Google, which otherwise gives no refresh token';
  }
  return name === 'access_type' && value !== 'offline'
    ? 'has to be offline at Google, which otherwise gives no refresh token'
    : undefined;
}

function presetIsCustom(value: { provider: ProviderId; preset?: string }) {
  return value.preset === undefined || value.provider === 'custom';
}

const presetRule = {
  path: ['preset'],
  message: 'is for the provider custom only',
};

function refuseUnfit(
  value: Parameters<typeof applicationFaults>[0],
  context: z.RefinementCtx,
): void {
  for (const { path, message } of applicationFaults(value)) {
    context.addIssue({ code: 'custom', path: [...path], message });
  }
}

/**
 * The 22 characters that make one integration's redirect URL its own: 128
 * random bits, base64url. Reserved by `reserveRedirectUrl` before the
 * integration exists, so that the URL can be registered at the provider first.
 *
 * @public
 */
export const callbackSlugSchema = z
  .string()
  .regex(/^[A-Za-z0-9_-]{22}$/, 'is not a reserved redirect URL');

/**
 * What creates an integration. Client ID and secret may follow later; until
 * then the integration is not `ready` and cannot be chosen for a channel.
 *
 * @public
 */
export const createIntegrationSchema = z
  .strictObject({
    ...settings,
    callbackSlug: callbackSlugSchema,
    clientSecret: clientSecretSchema.optional(),
    clientSecretExpiresOn: secretExpirySchema.optional(),
    clientKey: clientKeySchema.optional(),
  })
  .superRefine(refuseContradictions)
  .refine(presetIsCustom, presetRule)
  .superRefine(refuseUnfit);

/** See {@link createIntegrationSchema}. @public */
export type CreateIntegration = z.infer<typeof createIntegrationSchema>;

/**
 * What replaces an integration's settings. `version` is the one that was read:
 * a change in between is refused with 409. An absent `clientSecret` keeps the
 * stored one, except when an endpoint, the issuer or the client ID changes:
 * then it has to be entered again, so that it is never sent to a new place
 * unasked. The same holds for `clientKey`.
 *
 * `nextClientSecret` is kept beside the present one and tried first, until one
 * of the two is retired. An absent one keeps what is stored; it is dropped
 * where the present one has to be entered again.
 *
 * @public
 */
export const updateIntegrationSchema = z
  .strictObject({
    ...settings,
    version: z.number().int().min(1),
    clientSecret: clientSecretSchema.optional(),
    /** Absent: not known. */
    clientSecretExpiresOn: secretExpirySchema.optional(),
    nextClientSecret: clientSecretSchema.optional(),
    /** Absent: not known. */
    nextClientSecretExpiresOn: secretExpirySchema.optional(),
    clientKey: clientKeySchema.optional(),
  })
  .superRefine(refuseContradictions)
  .refine(presetIsCustom, presetRule)
  .superRefine(refuseUnfit);

/** See {@link updateIntegrationSchema}. @public */
export type UpdateIntegration = z.infer<typeof updateIntegrationSchema>;

/**
 * Ends the time in which an integration has two client secrets: `present`
 * leaves the next one alone, which must have been accepted by the provider;
 * `next` gives the next one up.
 *
 * @public
 */
export const retireClientSecretSchema = z.strictObject({
  secret: z.enum(['present', 'next']),
  version: z.number().int().min(1),
});

/** See {@link retireClientSecretSchema}. @public */
export type RetireClientSecret = z.infer<typeof retireClientSecretSchema>;

/**
 * How the next client secret stands: not tried yet, accepted by the provider
 * and in use, or refused while the present one was accepted.
 *
 * @public
 */
export const nextSecretStateSchema = z.enum(['untried', 'in-use', 'refused']);

/** See {@link nextSecretStateSchema}. @public */
export type NextSecretState = z.infer<typeof nextSecretStateSchema>;

/**
 * How many mailboxes may use one account through one integration. Google keeps
 * 100 refresh tokens per account and client, and each consent makes one.
 *
 * @public
 */
export const grantLimits = { warnFrom: 20, refuseFrom: 50 } as const;

/**
 * Our client registration at a provider, as administrators see it. The client
 * secret is write-only: no reply ever holds it.
 *
 * @public
 */
export const integrationSchema = z.object({
  ...settings,
  id: z.string(),
  /** Grows by one with each change; a grant remembers the one it was given under. */
  version: z.number().int(),
  redirectUrl: z.string(),
  clientSecret: z.object({
    set: z.boolean(),
    updatedAt: z.iso.datetime().optional(),
    /** Of the secret or, where the client signs, of its certificate. */
    expiresOn: secretExpirySchema.optional(),
  }),
  /** The secret that is to take the present one's place; absent where none is. */
  nextClientSecret: z
    .object({
      state: nextSecretStateSchema,
      updatedAt: z.iso.datetime(),
      expiresOn: secretExpirySchema.optional(),
    })
    .optional(),
  /** When the first of its consents ends, as far as that can be told. */
  nextConsentEnd: z.iso.datetime().optional(),
  /** The account that most mailboxes use through it, from `grantLimits.warnFrom` on. */
  crowdedAccount: z
    .object({ account: z.string(), grants: z.number().int() })
    .optional(),
  /** What may be known of the key that the client signs with. */
  clientKey: z
    .object({
      set: z.boolean(),
      updatedAt: z.iso.datetime().optional(),
      /** SHA-1 of the certificate, hexadecimal, as Azure lists it. */
      thumbprint: z.string().optional(),
    })
    .default({ set: false }),
  /** The last fault of the client itself, such as a refused secret; absent when it works. */
  fault: failureSchema.optional(),
  /** Whether it can be used for a consent: client ID and, where needed, secret are there. */
  ready: z.boolean(),
  /** How many channels use it. */
  channelCount: z.number().int(),
  /** How many mail servers use it; with the channels, who is in the way of its removal. */
  mailServerCount: z.number().int(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
});

/** See {@link integrationSchema}. @public */
export type OAuthIntegration = z.infer<typeof integrationSchema>;

/**
 * What a project owner sees of an integration when choosing one: nothing that
 * only administrators should know.
 *
 * @public
 */
export const integrationChoiceSchema = z.object({
  id: z.string(),
  name: z.string(),
  provider: providerIdSchema,
  grantType: settings.grantType,
  allowedDomains: z.array(z.string()),
  mailHosts: z.array(mailHostSchema),
  /** What its scopes give access by; the scopes are not for project owners. */
  protocols: z.array(mailHostSchema.shape.protocol),
  ready: z.boolean(),
});

/** See {@link integrationChoiceSchema}. @public */
export type IntegrationChoice = z.infer<typeof integrationChoiceSchema>;

/**
 * A mailbox that uses an integration. A mail server has a name, a channel its
 * project.
 *
 * @public
 */
export const integrationUserSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('channel'),
    projectRef: z.string(),
    address: z.string(),
  }),
  z.object({
    kind: z.literal('mail-server'),
    mailServerId: z.string(),
    name: z.string(),
    address: z.string(),
  }),
]);

/** See {@link integrationUserSchema}. @public */
export type IntegrationUser = z.infer<typeof integrationUserSchema>;
