// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import {
  createIntegrationSchema,
  providerPresetIdSchema,
} from './integrations';

const { shape } = createIntegrationSchema;

const linkSchema = z.url({ protocol: /^https?$/ }).max(2048);

/**
 * A provider that a backend module brings, as the integration editor offers it
 * beside those of `oauthProviders`. An integration made from it is a `custom`
 * one that remembers the provider's id as its `preset`.
 *
 * @public
 */
export const providerDescriptionSchema = z.strictObject({
  id: providerPresetIdSchema,
  /** The name that people know. */
  title: z.string().min(1).max(100),
  /** One sentence: whose accounts it is for. */
  description: z.string().max(300).optional(),
  issuer: shape.issuer,
  /** Absent where the administrator types it. */
  authorizationEndpoint: shape.authorizationEndpoint.optional(),
  /** Absent where the administrator types it. */
  tokenEndpoint: shape.tokenEndpoint.optional(),
  revocationEndpoint: shape.revocationEndpoint,
  /** Preset in the editor; the administrator may change them. */
  recommendedScopes: shape.scopes,
  clientAuthentication: shape.clientAuthentication,
  /** Servers that a token of this provider may be shown to. */
  mailHosts: z.array(shape.mailHosts.element).max(50),
  /** Documentation of the provider, shown beside the fields. */
  links: z.strictObject({
    scopes: linkSchema.optional(),
    flow: linkSchema.optional(),
    redirectUrls: linkSchema.optional(),
    console: linkSchema.optional(),
  }),
});

/** See {@link providerDescriptionSchema}. @public */
export type ProviderDescription = z.infer<typeof providerDescriptionSchema>;

/** The most providers that modules may bring. @public */
export const MAX_PROVIDERS = 50;

/** The providers that modules brought, in their order. @public */
export const providerListSchema = z.object({
  items: z.array(providerDescriptionSchema).max(MAX_PROVIDERS),
});
