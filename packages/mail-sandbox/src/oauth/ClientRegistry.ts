// SPDX-License-Identifier: Apache-2.0
import { randomBytes, randomUUID } from 'node:crypto';
import { z } from 'zod';
import { MAX_CLIENTS, type ModelStore } from './ModelStore';

const MAX_REDIRECT_URIS = 20;

const redirectUriSchema = z
  .string()
  .trim()
  .max(2000)
  .refine(
    isRedirectUri,
    'must be an absolute http or https URL without a fragment',
  );

/** What is asked of somebody who registers an application. */
export const clientRequestSchema = z.strictObject({
  name: z.string().trim().min(1).max(100),
  redirectUris: z.array(redirectUriSchema).min(1).max(MAX_REDIRECT_URIS),
});

export type ClientRequest = z.infer<typeof clientRequestSchema>;

/** An application as its owner may see it later: without the secret. */
export interface RegisteredClient {
  readonly clientId: string;
  readonly name: string;
  readonly redirectUris: readonly string[];
}

/** The part of oidc-provider's client metadata that is read back here. */
const metadataSchema = z.object({
  client_id: z.string(),
  client_name: z.string(),
  redirect_uris: z.array(z.string()),
});

function isRedirectUri(text: string): boolean {
  if (!URL.canParse(text) || text.includes('#')) return false;
  return ['http:', 'https:'].includes(new URL(text).protocol);
}

/** Registers OAuth applications, as the developer console of a provider does. */
export class ClientRegistry {
  readonly #store: ModelStore;

  constructor(store: ModelStore) {
    this.#store = store;
  }

  /**
   * @returns the credentials; the secret is not shown again. The provider
   * takes it by HTTP Basic and in the form body alike. `undefined` if there
   * are too many applications already.
   */
  register(
    request: ClientRequest,
  ): { clientId: string; clientSecret: string } | undefined {
    if (this.#store.list('Client').length >= MAX_CLIENTS) return undefined;
    const clientId = randomUUID();
    const clientSecret = randomBytes(32).toString('base64url');
    this.#store.upsert('Client', clientId, {
      client_id: clientId,
      client_secret: clientSecret,
      client_name: request.name,
      redirect_uris: request.redirectUris,
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'client_secret_basic',
    });
    return { clientId, clientSecret };
  }

  list(): RegisteredClient[] {
    return this.#store.list('Client').flatMap(payload => {
      const { data } = metadataSchema.safeParse(payload);
      if (!data) return [];
      return {
        clientId: data.client_id,
        name: data.client_name,
        redirectUris: data.redirect_uris,
      };
    });
  }

  find(clientId: string): RegisteredClient | undefined {
    return this.list().find(client => client.clientId === clientId);
  }
}
