// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

/** Asks for what an issuer says of itself (RFC 8414, OpenID Connect Discovery). @public */
export const discoverIssuerSchema = z.strictObject({
  issuer: z
    .string()
    .trim()
    .max(2048)
    .refine(
      value => /^https?:\/\//i.test(value) && URL.canParse(value),
      'is not an http(s) address',
    ),
});

/** See {@link discoverIssuerSchema}. @public */
export type DiscoverIssuer = z.infer<typeof discoverIssuerSchema>;

/**
 * What an issuer says of itself, to be shown before it is taken over. The
 * issuer was compared with the one asked for (RFC 8414 section 3.3).
 *
 * @public
 */
export const discoveredIssuerSchema = z.object({
  issuer: z.string(),
  authorizationEndpoint: z.string(),
  tokenEndpoint: z.string(),
  revocationEndpoint: z.string().optional(),
  /** At most 100, of those that it names. */
  scopesSupported: z.array(z.string()),
  clientAuthenticationMethods: z.array(z.string()),
  /** Whether it says that its authorization responses name it (RFC 9207 section 3). */
  issDeclared: z.boolean(),
});

/** See {@link discoveredIssuerSchema}. @public */
export type DiscoveredIssuer = z.infer<typeof discoveredIssuerSchema>;
