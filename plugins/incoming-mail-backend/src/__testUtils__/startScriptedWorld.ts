// SPDX-License-Identifier: Apache-2.0
import { BackendFeature } from '@backstage/backend-plugin-api';
import { mockCredentials } from '@backstage/backend-test-utils';
import {
  Channel,
  OAuthIntegration,
} from '@postroom/plugin-incoming-mail-common';
import { Knex } from 'knex';
import { ScriptedTokenServer } from '../oauth/__testUtils__/ScriptedTokenServer';
import { ScriptedImapServer } from './scriptedImapServer';
import { ada, olga, PROJECT, startTestPlugin } from './startTestPlugin';
import { TestBrowser } from './TestBrowser';

const ADDRESS = 'support@corp.test';
const AUTHORIZATION_ENDPOINT = 'https://provider.test/authorize';

/** Asks until the answer is good; jest's own time limit is the deadline. */
export async function until<T>(
  ask: () => Promise<T>,
  isGood: (answer: T) => boolean,
): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (isGood(answer)) {
      return answer;
    }
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}

/**
 * The whole plugin between a token endpoint and a mail server that answer what
 * the test says. The provider's pages are left out: a consent comes straight
 * back with a code.
 */
export async function startScriptedWorld(
  db: Knex,
  options: { config?: object; features?: BackendFeature[] } = {},
) {
  const provider = await ScriptedTokenServer.start();
  const imap = await new ScriptedImapServer().start();
  const { as, address, stop } = await startTestPlugin(db, options);
  /** Everything that the plugin answered, headers included. */
  const replies: string[] = [];

  const call = async (
    user: string,
    method: 'get' | 'post' | 'put' | 'delete',
    path: string,
    body?: object,
  ) => {
    const reply = await as(user)[method](path, body);
    replies.push(`${JSON.stringify(reply.headers)} ${reply.text}`);
    return reply;
  };
  const getChannel = async (): Promise<Channel> =>
    (await call(olga, 'get', `${PROJECT}/channel`)).body;

  return {
    provider,
    imap,
    address,
    stop,
    replies,
    call,
    getChannel,

    /** An integration of the scripted provider and server. */
    async addIntegration(settings: object = {}): Promise<OAuthIntegration> {
      const reserved = (await call(ada, 'post', '/redirect-urls')).body;
      const reply = await call(ada, 'post', '/integrations', {
        callbackSlug: reserved.callbackSlug,
        name: 'Scripted',
        provider: 'custom',
        authorizationEndpoint: AUTHORIZATION_ENDPOINT,
        tokenEndpoint: provider.url,
        scopes: ['mail', 'offline_access'],
        clientId: 'portal',
        clientSecret: 'the-client-secret',
        clientAuthentication: 'client_secret_basic',
        allowedDomains: [],
        mailHosts: [imap.host('localhost')],
        ...settings,
      });
      return reply.body;
    },

    async addChannel(integrationId: string) {
      return call(olga, 'post', `${PROJECT}/channel`, {
        address: ADDRESS,
        server: imap.host('localhost'),
        authentication: { method: 'oauth', integrationId },
      });
    },

    /**
     * Goes through a consent.
     *
     * @param answer - the parameters that the provider sends the person back
     *   with, besides the state
     */
    async consent(redirectUrl: string, answer: Record<string, string>) {
      const { body } = await call(olga, 'post', `${PROJECT}/channel/consents`, {
        returnOrigin: 'http://localhost:3000',
      });
      const browser = new TestBrowser();
      browser.setCookie(mockCredentials.limitedUser.cookie(olga));
      const away = await browser.open(body.startUrl, { maxRedirects: 0 });
      const state = new URL(String(away.headers.location)).searchParams.get(
        'state',
      )!;
      const back = await browser.open(
        `${redirectUrl}?${new URLSearchParams({ ...answer, state })}`,
      );
      replies.push(`${JSON.stringify(back.headers)} ${back.text}`);
      const status = await call(olga, 'get', `/consents/${body.consentId}`);
      return { state, startUrl: body.startUrl as string, ...status.body };
    },

    /** Has the channel visited, and waits for the end of the visit. */
    async visit(): Promise<Channel> {
      const before = (await getChannel()).lastVisitAt;
      await until(
        () => call(olga, 'post', `${PROJECT}/channel/visits`),
        ({ status }) => status === 202,
      );
      return until(getChannel, now => now.lastVisitAt !== before);
    },

    async close(): Promise<void> {
      await provider.close();
      await imap.stop();
    },
  };
}

/** See {@link startScriptedWorld}. */
export type ScriptedWorld = Awaited<ReturnType<typeof startScriptedWorld>>;
