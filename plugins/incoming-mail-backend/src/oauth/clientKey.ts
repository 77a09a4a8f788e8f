// SPDX-License-Identifier: Apache-2.0
import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { microsoftCloudOf } from '@postroom/plugin-incoming-mail-common';
import * as oauth from 'oauth4webapi';
import { z } from 'zod';
import { Secret } from '../secrets';
import type { IntegrationSettings } from './integrations/types';

// Authentication of a client by a signature: `private_key_jwt` (RFC 7523
// section 2.2, OpenID Connect Core section 9). The key itself never leaves.

/** How an assertion is made with a key: nothing of it is secret. */
export const assertionSchema = z.object({
  algorithm: z.enum(['PS256', 'RS256', 'ES256']),
  /** The `aud` of the assertion. */
  audience: z.string(),
  /** The `kid` of its header. */
  keyId: z.string().optional(),
  /** The `x5t#S256` of its header (RFC 7515 section 4.1.8). */
  certificateThumbprint: z.string().optional(),
});

/** See {@link assertionSchema}. */
export type Assertion = z.infer<typeof assertionSchema>;

/** A key that the client signs with, and how. */
export interface ClientKey {
  /** PKCS #8 in PEM. */
  readonly privateKey: Secret;
  readonly assertion: Assertion;
}

// Clocks differ: an assertion of ours is good from a minute before now, by our
// clock, to five minutes after, which is as long as Microsoft recommends.
const NOT_BEFORE_SECONDS = 60;
const LIFE_SECONDS = 300;

/** The key of an integration's client, from what is stored of it. */
export function clientKeyOf(
  settings: Pick<
    IntegrationSettings,
    'issuer' | 'tokenEndpoint' | 'clientKeyId'
  >,
  stored: { privateKey: Secret; certificate?: string },
): ClientKey {
  const { privateKey, certificate } = stored;
  const ofMicrosoft = microsoftCloudOf(settings.tokenEndpoint) !== undefined;
  return {
    privateKey,
    assertion: {
      algorithm: algorithmOf(privateKey, ofMicrosoft),
      audience: audienceOf(settings, ofMicrosoft),
      keyId: settings.clientKeyId,
      certificateThumbprint: certificate && thumbprintOf(certificate),
    },
  };
}

/**
 * Microsoft documents PS256. Of the others, those that take RSA at all take
 * RS256 (RFC 7518 section 3.1 recommends it, and ES256 even more).
 */
function algorithmOf(
  privateKey: Secret,
  ofMicrosoft: boolean,
): Assertion['algorithm'] {
  const { asymmetricKeyType } = createPrivateKey(privateKey.reveal());
  if (asymmetricKeyType === 'ec') {
    return 'ES256';
  }
  return ofMicrosoft ? 'PS256' : 'RS256';
}

/**
 * The token endpoint is what RFC 7523 section 3 names and Microsoft documents.
 * Its successor, draft-ietf-oauth-rfc7523bis, wants the issuer instead, so that
 * nobody who has us sign for his endpoint can use that at another's. Every
 * server knows itself by its issuer, so it is taken wherever it is known.
 */
function audienceOf(
  { issuer, tokenEndpoint }: { issuer?: string; tokenEndpoint: string },
  ofMicrosoft: boolean,
): string {
  return ofMicrosoft ? tokenEndpoint : issuer ?? tokenEndpoint;
}

function thumbprintOf(certificate: string): string {
  return createHash('sha256')
    .update(new X509Certificate(certificate).raw)
    .digest('base64url');
}

/** Signs an assertion for each request (RFC 7523 section 2.2). */
export function assertionAuthentication(key: ClientKey): oauth.ClientAuth {
  const { audience, keyId, certificateThumbprint } = key.assertion;
  return async (server, client, body, headers) => {
    const authenticate = oauth.PrivateKeyJwt(
      { key: await importKey(key), kid: keyId },
      {
        [oauth.modifyAssertion](header, payload) {
          payload.aud = audience;
          payload.nbf = Number(payload.iat) - NOT_BEFORE_SECONDS;
          payload.exp = Number(payload.iat) + LIFE_SECONDS;
          if (certificateThumbprint !== undefined) {
            header['x5t#S256'] = certificateThumbprint;
          }
        },
      },
    );
    await authenticate(server, client, body, headers);
  };
}

const importParameters = {
  PS256: { name: 'RSA-PSS', hash: 'SHA-256' },
  RS256: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  ES256: { name: 'ECDSA', namedCurve: 'P-256' },
} as const;

function importKey({ privateKey, assertion }: ClientKey) {
  const pkcs8 = createPrivateKey(privateKey.reveal()).export({
    type: 'pkcs8',
    format: 'der',
  });
  return crypto.subtle.importKey(
    'pkcs8',
    pkcs8,
    importParameters[assertion.algorithm],
    false,
    ['sign'],
  );
}
