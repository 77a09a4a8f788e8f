// SPDX-License-Identifier: Apache-2.0
import { createPublicKey, randomBytes, randomUUID } from 'node:crypto';
import { z } from 'zod';
import { MAX_CLIENTS, type ModelStore } from './ModelStore';

const MAX_REDIRECT_URIS = 20;
const MAX_PUBLIC_KEYS = 10;
const MAX_MAILBOXES = 100;

const redirectUriSchema = z
  .string()
  .trim()
  .max(2000)
  .refine(
    isRedirectUri,
    'must be an absolute http or https URL without a fragment',
  );

const publicKeySchema = z
  .record(z.string(), z.unknown())
  .refine(isPublicKey, 'must be a public key as a JWK');

/** What is asked of somebody who registers an application. */
export const clientRequestSchema = z.strictObject({
  name: z.string().trim().min(1).max(100),
  redirectUris: z.array(redirectUriSchema).min(1).max(MAX_REDIRECT_URIS),
  /**
   * With keys the application proves itself by `private_key_jwt` (RFC 7523)
   * and gets no secret.
   */
  publicKeys: z.array(publicKeySchema).min(1).max(MAX_PUBLIC_KEYS).optional(),
  /**
   * With mailboxes it gets tokens of its own (client credentials grant), and
   * those open the mailboxes of these accounts.
   */
  mailboxes: z.array(z.string()).max(MAX_MAILBOXES).optional(),
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

const mailboxesSchema = z.object({ mailboxes: z.array(z.string()) });

/** Where the mailboxes of an application lie in the store. */
const MAILBOXES_MODEL = 'ClientMailboxes';

function isPublicKey(jwk: Record<string, unknown>): boolean {
  if ('d' in jwk || 'k' in jwk) return false;
  try {
    createPublicKey({ key: jwk, format: 'jwk' });
    return true;
  } catch {
    // That it throws is the answer.
    return false;
  }
}

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
  ): { clientId: string; clientSecret?: string } | undefined {
    if (this.#store.list('Client').length >= MAX_CLIENTS) return undefined;
    const { publicKeys, mailboxes = [] } = request;
    const clientId = randomUUID();
    const clientSecret = publicKeys
      ? undefined
      : randomBytes(32).toString('base64url');
    this.#store.upsert('Client', clientId, {
      client_id: clientId,
      client_name: request.name,
      redirect_uris: request.redirectUris,
      grant_types: [
        ...['authorization_code', 'refresh_token'],
        ...(mailboxes.length > 0 ? ['client_credentials'] : []),
      ],
      response_types: ['code'],
      ...(publicKeys
        ? {
            token_endpoint_auth_method: 'private_key_jwt',
            jwks: { keys: publicKeys },
          }
        : {
            token_endpoint_auth_method: 'client_secret_basic',
            client_secret: clientSecret,
          }),
    });
    this.#store.upsert(MAILBOXES_MODEL, clientId, { mailboxes });
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

  /** Whether a token of the application itself opens a mailbox. */
  opens(clientId: string, account: string): boolean {
    const { data } = mailboxesSchema.safeParse(
      this.#store.find(MAILBOXES_MODEL, clientId),
    );
    return data?.mailboxes.includes(account) ?? false;
  }

  find(clientId: string): RegisteredClient | undefined {
    return this.list().find(client => client.clientId === clientId);
  }
}
