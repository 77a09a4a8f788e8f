// SPDX-License-Identifier: Apache-2.0
import { TestDatabases } from '@backstage/backend-test-utils';
import { InputError } from '@backstage/errors';
import type { Knex } from 'knex';
import type { MailHandler } from '../handlers';
import { mailHandlerContract } from './mailHandlerContract';
import { aMessage } from './messageBuilder';
import { oauthProviderContract } from './oauthProviderContract';

jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });

function createInvoiceHandler(): MailHandler<{ word: RegExp }> {
  return {
    id: 'count-invoices',
    title: 'Count invoices',
    supportsDryRun: true,
    fields: [{ name: 'word', title: 'Word', kind: 'text', required: true }],
    parseSettings({ word }) {
      if (!/^\w+$/.test(String(word))) {
        throw new InputError('word is not one word');
      }
      return { word: new RegExp(String(word), 'i') };
    },
    async handle(message, { tx, settings }) {
      if (!settings.word.test(message.subject)) {
        return { kind: 'ignored', reason: 'Not about an invoice' };
      }
      await tx('invoices').insert({ message_id: message.id });
      return { kind: 'created', target: `invoice:${message.id}` };
    },
  };
}

const openDatabase = async (): Promise<Knex> => {
  const db = await databases.init('SQLITE_3');
  await db.schema.createTable('invoices', table => {
    table.string('message_id').primary();
  });
  return db;
};

const shared = {
  openDatabase,
  settings: { word: 'invoice' },
  refusedSettings: [{ word: 'two words' }],
  wantedMail: (n: number) => aMessage().subject(`Invoice ${n}`),
  unwantedMail: () => aMessage().subject('Hello'),
  countEffects: async (db: Knex) => (await db('invoices')).length,
};

mailHandlerContract({ ...shared, createHandler: createInvoiceHandler });

// A handler that calls outside, at least once.
const outside = new Map<string, string>();
mailHandlerContract({
  ...shared,
  createHandler: () => ({
    id: 'send-on',
    title: 'Send on',
    async handle(message, { idempotencyKey }) {
      outside.set(idempotencyKey, message.id);
      return { kind: 'created', target: 'x:1' };
    },
  }),
  settings: {},
  refusedSettings: [],
  unwantedMail: undefined,
  countEffects: async () => outside.size,
});

oauthProviderContract({
  createProvider: () => ({
    description: {
      id: 'corp-login',
      title: 'Corp login',
      recommendedScopes: ['mail'],
      clientAuthentication: 'client_secret_post',
      mailHosts: [],
      links: {},
    },
    decodeError: ({ error }) =>
      error === 'locked'
        ? {
            meaning: 'The client is locked',
            remedy: 'Ask the service desk.',
            concerns: 'client',
          }
        : undefined,
  }),
  errors: [
    { status: 400, error: 'locked', description: '', concerns: 'client' },
  ],
});
