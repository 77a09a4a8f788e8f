// SPDX-License-Identifier: Apache-2.0
import { mockCredentials, mockServices } from '@backstage/backend-test-utils';
import { CreateIntegration } from '@postroom/plugin-incoming-mail-common';
import express from 'express';
import { Knex } from 'knex';
import request from 'supertest';
import { tables } from '../../database';
import { createOAuth } from '../createOAuth';
import { addMailbox, aKeyring, anIntegration } from './fixtures';
import { ScriptedReply, ScriptedTokenServer } from './ScriptedTokenServer';

export const ORIGIN = 'https://portal.test';
export const BASE_URL = 'https://portal.test/api/incoming-mail';
export const ADDRESS = 'support@corp.test';
export const ISSUER = 'https://provider.test';
export const ALICE = 'user:default/alice';

/** What a token endpoint gives. */
export function tokens(changes: object = {}): ScriptedReply {
  return {
    body: {
      access_token: 'the-access-token',
      refresh_token: 'the-refresh-token',
      token_type: 'Bearer',
      expires_in: 3600,
      ...changes,
    },
  };
}

/** An ID token of the world's issuer, whose signature nobody looks at. */
export function idToken(claims: object): string {
  const part = (value: object) =>
    Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = Math.floor(Date.now() / 1000);
  const all = {
    iss: ISSUER,
    sub: '1',
    aud: 'portal',
    iat: now,
    exp: now + 300,
    ...claims,
  };
  return `${part({ alg: 'RS256' })}.${part(all)}.c2lnbmF0dXJl`;
}

/** The room `oauth` with a provider, an integration and a mailbox. */
export async function startConsentWorld(
  db: Knex,
  options: {
    crossSite?: boolean;
    integration?: Partial<CreateIntegration>;
  } = {},
) {
  const server = await ScriptedTokenServer.start();
  server.answer(() => tokens());
  const hooks = {
    proveMailbox: jest.fn(async () => ({
      folder: 'INBOX',
      uidValidity: 1,
      uidNext: 1,
    })),
    onGranted: jest.fn(async () => {}),
    onRefused: jest.fn(async () => {}),
    onLink: jest.fn(async () => {}),
  };
  const auditor = mockServices.auditor.mock();
  const audited = { success: jest.fn(), fail: jest.fn() };
  auditor.createEvent.mockResolvedValue(audited);
  const oauth = createOAuth({
    db,
    keyring: aKeyring(),
    fetch,
    externalBaseUrl: BASE_URL,
    returnOrigins: [ORIGIN],
    crossSite: options.crossSite,
    portal: { title: 'Corp <portal>', url: ORIGIN },
    allowHttpLoopback: true,
    hooks,
  });
  const app = express().use(
    oauth.createBrowserRouter({
      httpAuth: mockServices.httpAuth({
        defaultCredentials: mockCredentials.none(),
      }),
      auditor,
      logger: mockServices.logger.mock(),
    }),
  );
  const input = anIntegration({
    tokenEndpoint: server.url,
    ...options.integration,
  });
  const { id: integrationId } = await oauth.integrations.create(
    input,
    'user:default/admin',
  );
  const projectRef = `component:default/${integrationId}`;
  const mailbox = {
    id: await addMailbox(db, { integrationId, projectRef }),
    address: ADDRESS,
    integrationId,
  };

  return {
    db,
    server,
    hooks,
    auditor,
    audited,
    oauth,
    app,
    integrationId,
    projectRef,
    mailbox,
    /** The path of a callback that answers an authorization request. */
    callbackPath(location: URL, parameters: Record<string, string> = {}) {
      const query = new URLSearchParams({
        state: location.searchParams.get('state') ?? '',
        code: 'the-code',
        ...parameters,
      });
      return `/oauth/callback/${input.callbackSlug}?${query}`;
    },
    open(path: string, cookie?: string) {
      const call = request(app).get(path);
      return cookie ? call.set('Cookie', cookie) : call;
    },
    grants: () => db(tables.oauthGrants).where({ mailbox_id: mailbox.id }),
    async close() {
      await server.close();
      await db(tables.oauthConsents).delete();
      await db(tables.mailboxes).delete();
      await db(tables.oauthIntegrations).delete();
    },
  };
}

/** See {@link startConsentWorld}. */
export type ConsentWorld = Awaited<ReturnType<typeof startConsentWorld>>;

/** The cookies that a reply sets, as a `Cookie` header has them. */
export function cookiesOf(headers: Record<string, unknown>): string {
  const lines = (headers['set-cookie'] ?? []) as string[];
  return lines
    .map(line => line.split(';')[0])
    .filter(pair => !pair.endsWith('='))
    .join('; ');
}
