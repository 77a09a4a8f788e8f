// SPDX-License-Identifier: Apache-2.0
import { TestDatabases } from '@backstage/backend-test-utils';
import type { HandlerContext, MailHandler } from '../handlers';
import type { IncomingMessage } from '../message';
import type { OAuthProvider } from '../providers';
import { mailHandlerContract } from './mailHandlerContract';
import { aMessage } from './messageBuilder';
import { oauthProviderContract } from './oauthProviderContract';

jest.setTimeout(20_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });

type Body = (...row: unknown[]) => unknown;

/** Has a contract declare its tests, and keeps them instead of running them. */
function collect(contract: () => void): Map<string, Body> {
  const tests = new Map<string, Body>();
  const declare = (name: string, body: Body) => tests.set(name, body);
  const each = (rows: readonly string[]) => (name: string, body: Body) =>
    rows.forEach(row => tests.set(name.replace('%s', row), () => body(row)));
  const real = { describe, it };
  Object.assign(globalThis, {
    describe: (_name: string, suite: () => void) => suite(),
    it: Object.assign(declare, { each }),
  });
  try {
    contract();
  } finally {
    Object.assign(globalThis, real);
  }
  return tests;
}

/** The names of the tests that do not pass. */
async function failuresOf(contract: () => void): Promise<string[]> {
  const failed = [];
  for (const [name, body] of collect(contract)) {
    try {
      await body();
    } catch {
      failed.push(name);
    }
  }
  return failed;
}

type Handle = (
  message: IncomingMessage,
  context: HandlerContext,
) => Promise<{ kind: string; target?: string; reason?: string }>;

let outside = 0;

const good: Handle = async (message, { tx }) => {
  if (!message.subject.startsWith('Invoice')) {
    return { kind: 'ignored', reason: 'Not about an invoice' };
  }
  await tx('invoices').insert({ message_id: message.id });
  return { kind: 'created', target: 'invoice:1' };
};

async function handlerFailures(
  handle: Handle,
  change: Partial<MailHandler> = {},
) {
  return failuresOf(() =>
    mailHandlerContract({
      createHandler: () =>
        ({
          id: 'test',
          title: 'Test',
          supportsDryRun: true,
          handle,
          ...change,
        } as MailHandler),
      openDatabase: async () => {
        outside = 0;
        const db = await databases.init('SQLITE_3');
        await db.schema.createTable('invoices', table => {
          table.string('message_id');
        });
        return db;
      },
      settings: {},
      wantedMail: n => aMessage().subject(`Invoice ${n}`),
      unwantedMail: () => aMessage().subject('Hello'),
      countEffects: async db => outside + (await db('invoices')).length,
    }),
  );
}

describe('mailHandlerContract', () => {
  it('lets a good handler pass', async () => {
    await expect(handlerFailures(good)).resolves.toEqual([]);
  });

  it.each<[string, Handle, string, Partial<MailHandler>]>([
    [
      'throws for a mail without a sender',
      async (message, context) => {
        expect(message.from!.address).toBeDefined();
        return good(message, context);
      },
      'does not throw for a mail with no sender',
      {},
    ],
    [
      'writes outside, again at each attempt',
      async (message, context) => {
        outside += 1;
        return good(message, context);
      },
      'has one effect, though its first attempt was rolled back and it was called again',
      {},
    ],
    [
      'writes to the bytes of attachments',
      async (message, context) => {
        message.attachments.forEach(({ content }) => content.fill(1));
        return good(message, context);
      },
      'does not throw for a mail with two hundred attachments',
      {},
    ],
    [
      'takes a name of the header for a property',
      async (message, context) => {
        const fields: Partial<Record<string, Record<string, string>>> = {};
        for (const { name, value } of message.headers) {
          const field = (fields[name] ??= {});
          field.value = value;
        }
        return good(message, context);
      },
      'does not throw for a mail with headers named as what objects have',
      {},
    ],
    [
      'does not observe its signal',
      async (message, context) =>
        context.signal.aborted ? new Promise(() => {}) : good(message, context),
      'settles soon after it was told to give up',
      {},
    ],
    [
      'logs the subject',
      async (message, context) => {
        context.logger.info(`About ${message.subject}`);
        return good(message, context);
      },
      'logs neither subject, text nor addresses',
      {},
    ],
    [
      'ignores without a reason',
      async (message, context) => ({
        ...(await good(message, context)),
        reason: '',
      }),
      'ignores a mail that it does not want, with a reason and no effect',
      {},
    ],
    ['has no proper id', good, 'can be shown and stored', { id: 'No Id' }],
  ])('finds a handler that %s', async (_what, handle, failure, change) => {
    await expect(handlerFailures(handle, change)).resolves.toContain(failure);
    // What the handler that trusts names of headers leaves behind.
    Reflect.deleteProperty(Object.prototype, 'value');
    Reflect.deleteProperty(Object, 'value');
  });
});

describe('oauthProviderContract', () => {
  const failures = (change: object, rest: Partial<OAuthProvider> = {}) =>
    failuresOf(() =>
      oauthProviderContract({
        createProvider: () => ({
          description: {
            id: 'corp-login',
            title: 'Corp login',
            recommendedScopes: ['mail'],
            clientAuthentication: 'client_secret_post',
            mailHosts: [],
            links: {},
            ...change,
          },
          ...rest,
        }),
      }),
    );

  it('lets a good provider pass', async () => {
    await expect(failures({})).resolves.toEqual([]);
  });

  it.each<[string, object, Partial<OAuthProvider>, string]>([
    [
      'has one of our ids',
      { id: 'custom' },
      {},
      'can be offered under an id of its own',
    ],
    [
      'asks for openid without an issuer',
      { recommendedScopes: ['openid'] },
      {},
      'fills an integration that can be saved, with what it leaves open',
    ],
    [
      'has secrets travel readably',
      { tokenEndpoint: 'http://id.corp.test/token' },
      {},
      'sends secrets, tokens and mail over encrypted connections only',
    ],
    [
      'sets a parameter of ours',
      {},
      { authorizationParameters: { state: 'x' } },
      'sets none of the parameters that are the plugin’s',
    ],
    [
      'throws for an answer that it does not know',
      {},
      {
        decodeError: () => {
          throw new Error('boom');
        },
      },
      'does not throw for whatever else comes back',
    ],
  ])('finds a provider that %s', async (_what, change, rest, failure) => {
    await expect(failures(change, rest)).resolves.toContain(failure);
  });
});
