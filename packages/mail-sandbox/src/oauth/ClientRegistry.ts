// SPDX-License-Identifier: Apache-2.0
import { createPublicKey, randomBytes, randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { FaultBoard } from '../faults/FaultBoard';
import {
  ownSettingsSchema,
  type ApplicationSettings,
  type OwnSettings,
} from './ApplicationSettings';
import { MAX_CLIENTS, type ModelStore } from './ModelStore';
import { scopeMeanings } from './scopes';

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
  settings: ownSettingsSchema.optional(),
});

export type ClientRequest = z.infer<typeof clientRequestSchema>;

/** What an application proves itself with. */
export interface ClientCredentials {
  readonly clientId: string;
  /** Absent for those that registered public keys. */
  readonly clientSecret?: string;
}

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

/** What the sandbox itself keeps about an application. */
const ownSchema = z.object({
  mailboxes: z.array(z.string()),
  settings: ownSettingsSchema,
});

/** Where {@link ownSchema} lies in the store. */
const OWN_MODEL = 'ClientSettings';

function isRedirectUri(text: string): boolean {
  if (!URL.canParse(text) || text.includes('#')) return false;
  return ['http:', 'https:'].includes(new URL(text).protocol);
}

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

/** Registers OAuth applications, as the developer console of a provider does. */
export class ClientRegistry {
  readonly #store: ModelStore;
  readonly #faults: FaultBoard;

  constructor(store: ModelStore, faults: FaultBoard) {
    this.#store = store;
    this.#faults = faults;
  }

  /**
   * @returns the credentials; the secret is not shown again. The provider
   * takes it by HTTP Basic and in the form body alike. `undefined` if there
   * are too many applications already.
   */
  register(request: ClientRequest): ClientCredentials | undefined {
    if (this.#store.list('Client').length >= MAX_CLIENTS) return undefined;
    const { publicKeys, mailboxes = [], settings = {} } = request;
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
      scope: [...scopeMeanings.keys()].join(' '),
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
    this.#store.upsert(OWN_MODEL, clientId, { mailboxes, settings });
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

  /** How an application is treated now: its own settings, else the faults. */
  settingsOf(clientId: string): ApplicationSettings {
    return { ...this.#faults.current, ...this.#own(clientId).settings };
  }

  /**
   * Replaces the own settings of an application.
   *
   * @returns false if there is no such application.
   */
  change(clientId: string, settings: OwnSettings): boolean {
    if (!this.find(clientId)) return false;
    const { mailboxes } = this.#own(clientId);
    this.#store.upsert(OWN_MODEL, clientId, { mailboxes, settings });
    return true;
  }

  /** Whether a token of the application itself opens a mailbox. */
  opens(clientId: string, account: string): boolean {
    const { mailboxes } = this.#own(clientId);
    return mailboxes.some(address => address.toLowerCase() === account);
  }

  #own(clientId: string): z.infer<typeof ownSchema> {
    const payload = this.#store.find(OWN_MODEL, clientId);
    return payload ? ownSchema.parse(payload) : { mailboxes: [], settings: {} };
  }
}
