// SPDX-License-Identifier: Apache-2.0
/* eslint-disable jest/no-export -- a suite that the tests of others run */
import { createHash, randomUUID } from 'node:crypto';
import type { LoggerService } from '@backstage/backend-plugin-api';
import {
  findHandlerSettingIssues,
  handlerDescriptionSchema,
  type HandlerSettings,
  handlerSettingsSchema,
} from '@postroom/plugin-incoming-mail-common';
import type { Knex } from 'knex';
import type {
  AnyMailHandler,
  HandlerMailbox,
  HandlerOutcome,
} from '../handlers';
import type { IncomingMessage } from '../message';
import { hostileMails } from './hostileMails';
import type { MessageBuilder } from './messageBuilder';

/** How soon a handler has to settle that was told to give up. */
const GIVE_UP_MS = 2_000;
const STILL_BUSY = 'still busy';

/** What stands for the outcome of a call that does not apply to a handler. */
const NO_OUTCOME: HandlerOutcome = { kind: 'ignored', reason: 'Not called' };

/**
 * What {@link mailHandlerContract} has to know of a handler.
 *
 * @public
 */
export interface MailHandlerContractOptions {
  /** The handler as it is added to the plugin; a new one for each test. */
  createHandler(): AnyMailHandler;
  /**
   * A database with what the handler needs in it, for one test; from
   * `TestDatabases` of `@backstage/backend-test-utils`.
   */
  openDatabase(): Promise<Knex>;
  /** Settings that it takes. */
  settings: HandlerSettings;
  /** Settings that its `parseSettings` refuses. Default: none. */
  refusedSettings?: readonly HandlerSettings[];
  /** A mail that it makes something of; another one for each number. */
  wantedMail(n: number): MessageBuilder;
  /** A mail that it ignores; absent for a handler that takes every mail. */
  unwantedMail?(): MessageBuilder;
  /** How many things it has made so far, in the database and outside. */
  countEffects(db: Knex): Promise<number>;
  /** Default: a mail server's. */
  mailbox?: Partial<HandlerMailbox>;
}

/**
 * The suite that every handler has to pass: it runs in `describe` of its own,
 * under jest.
 *
 * ```ts
 * const databases = TestDatabases.create({ ids: ['SQLITE_3'] });
 *
 * mailHandlerContract({
 *   createHandler: createInvoiceHandler,
 *   openDatabase: async () => {
 *     const db = await databases.init('SQLITE_3');
 *     await createInvoiceTable(db);
 *     return db;
 *   },
 *   settings: { team: 'group:default/payments' },
 *   wantedMail: n => aMessage().subject(`Invoice ${n}`),
 *   unwantedMail: () => aMessage().subject('Hello'),
 *   countEffects: async db => (await db('invoices')).length,
 * });
 * ```
 *
 * @public
 */
export function mailHandlerContract(options: MailHandlerContractOptions): void {
  const { createHandler, openDatabase, settings, countEffects } = options;
  const { id } = createHandler();

  describe(`${id} keeps the contract of mail handlers`, () => {
    const open = async () => createCalls(options, await openDatabase());

    it('can be shown and stored', () => {
      const { title, description, fields = [] } = createHandler();
      expect(id).toMatch(/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/);
      const shown = { id, title, description, fields };
      expect(handlerDescriptionSchema.safeParse(shown).error).toBeUndefined();
    });

    it('takes its settings, and is the same with the same', () => {
      const handler = createHandler();
      expect(handlerSettingsSchema.safeParse(settings).error).toBeUndefined();
      expect(findHandlerSettingIssues(handler.fields ?? [], settings)).toEqual(
        [],
      );
      expect(parse(handler, settings, options)).toEqual(
        parse(createHandler(), settings, options),
      );
    });

    it('refuses wrong settings with an InputError or ZodError', () => {
      for (const refused of options.refusedSettings ?? []) {
        expect(() => parse(createHandler(), refused, options)).toThrow(
          expect.objectContaining({
            name: expect.stringMatching(/^(?:Input|Zod)Error$/),
          }),
        );
      }
    });

    it('makes something of a mail that it wants', async () => {
      const { db, commit } = await open();
      const before = await countEffects(db);

      const outcome = await commit(options.wantedMail(1).build());

      expectOutcome(outcome);
      expect(outcome.kind).not.toBe('ignored');
      expect(await countEffects(db)).toBeGreaterThan(before);
    });

    it('has one effect, though its first attempt was rolled back and it was called again', async () => {
      const { db, commit, rollBack } = await open();
      const before = await countEffects(db);
      await commit(options.wantedMail(1).build());
      const atOnce = await countEffects(db);

      const message = options.wantedMail(2).build();
      const key = randomUUID();
      await rollBack(message, { idempotencyKey: key });
      await commit(message, { idempotencyKey: key });

      expect((await countEffects(db)) - atOnce).toBe(atOnce - before);
    });

    it('has no effect in a dry run, where it supports one', async () => {
      const { db, rollBack } = await open();
      const before = await countEffects(db);
      const message = options.wantedMail(1).build();
      const outcome = createHandler().supportsDryRun
        ? await rollBack(message, { dryRun: true })
        : NO_OUTCOME;
      expectOutcome(outcome);
      expect(await countEffects(db)).toBe(before);
    });

    it('ignores a mail that it does not want, with a reason and no effect', async () => {
      const { db, commit } = await open();
      const before = await countEffects(db);
      const unwanted = options.unwantedMail?.();
      const outcome = unwanted ? await commit(unwanted.build()) : NO_OUTCOME;
      expectOutcome(outcome);
      expect(outcome.kind).toBe('ignored');
      expect(await countEffects(db)).toBe(before);
    });

    it.each(Object.keys(hostileMails))(
      'does not throw for a mail with %s',
      async what => {
        const { rollBack } = await open();
        const makeHostile = hostileMails[what];
        const bases = [options.wantedMail(1), options.unwantedMail?.()];
        for (const base of bases.filter(mail => mail !== undefined)) {
          const message = makeHostile(base).build();
          const bytes = digest(message);
          expectOutcome(await rollBack(message));
          expect(digest(message)).toBe(bytes);
        }
        expect(Object.keys(Object.prototype)).toEqual([]);
      },
    );

    it('settles soon after it was told to give up', async () => {
      const { rollBack } = await open();
      const message = options.wantedMail(1).build();
      let timer: NodeJS.Timeout | undefined;
      const until = new Promise<never>((_resolve, reject) => {
        timer = setTimeout(() => reject(new Error(STILL_BUSY)), GIVE_UP_MS);
      });
      const signal = AbortSignal.abort();
      const end = await rollBack(message, { signal, until }).then(
        () => 'settled',
        error => (error?.message === STILL_BUSY ? STILL_BUSY : 'settled'),
      );
      clearTimeout(timer);
      expect(end).toBe('settled');
    });

    it('logs neither subject, text nor addresses', async () => {
      const { commit, logged } = await open();
      const message = options.wantedMail(1).build();
      await commit(message);
      const secrets = [message.subject, message.text, message.from?.address];
      for (const secret of secrets.filter(words => (words ?? '').length > 3)) {
        expect(JSON.stringify(logged)).not.toContain(
          JSON.stringify(secret).slice(1, -1),
        );
      }
    });
  });
}

interface CallOptions {
  readonly idempotencyKey?: string;
  readonly dryRun?: boolean;
  readonly signal?: AbortSignal;
  /** Rejects when the handler is waited for no longer. */
  readonly until?: Promise<never>;
}

/** Calls the handler as the plugin does: in a transaction that is not its own. */
function createCalls(options: MailHandlerContractOptions, db: Knex) {
  const handler = options.createHandler();
  const logged: unknown[] = [];
  const call = async (
    message: IncomingMessage,
    how: CallOptions,
    end: 'commit' | 'rollback',
  ): Promise<HandlerOutcome> => {
    const {
      idempotencyKey = randomUUID(),
      dryRun = false,
      signal,
      until,
    } = how;
    const tx = await db.transaction();
    try {
      const handling = handler.handle(message, {
        tx,
        idempotencyKey,
        thread: { id: randomUUID(), isReply: message.references.length > 0 },
        settings: parse(handler, options.settings, options) as never,
        mailbox: mailboxOf(options),
        dryRun,
        logger: recordingLogger(logged),
        signal: signal ?? new AbortController().signal,
      });
      const outcome = await (until
        ? Promise.race([handling, until])
        : handling);
      if (end === 'commit') {
        await tx.commit();
      }
      return outcome;
    } finally {
      if (!tx.isCompleted()) {
        await tx.rollback();
      }
    }
  };
  return {
    db,
    logged,
    commit: (message: IncomingMessage, how: CallOptions = {}) =>
      call(message, how, 'commit'),
    rollBack: (message: IncomingMessage, how: CallOptions = {}) =>
      call(message, how, 'rollback'),
  };
}

function parse(
  handler: AnyMailHandler,
  settings: HandlerSettings,
  options: MailHandlerContractOptions,
): unknown {
  const stored: HandlerSettings = Object.freeze(
    Object.assign(Object.create(null), settings),
  );
  return handler.parseSettings
    ? handler.parseSettings(stored, mailboxOf(options))
    : stored;
}

function mailboxOf(options: MailHandlerContractOptions): HandlerMailbox {
  return Object.freeze({
    id: 'test-mailbox',
    address: 'project@example.com',
    ...options.mailbox,
  });
}

function expectOutcome(outcome: HandlerOutcome): void {
  const words = outcome.kind === 'ignored' ? outcome.reason : outcome.target;
  expect(['created', 'commented', 'ignored']).toContain(outcome.kind);
  // What the mail log has room for, and no control characters.
  // eslint-disable-next-line no-control-regex
  expect(words).toMatch(/^[^\x00-\x1f\x7f-\x9f]{1,200}$/);
}

function digest(message: IncomingMessage): string {
  const hash = createHash('sha256');
  message.attachments.forEach(({ content }) => hash.update(content));
  return hash.digest('hex');
}

function recordingLogger(logged: unknown[]): LoggerService {
  const log = (...line: unknown[]) => {
    logged.push(line.map(String), line);
  };
  const logger: LoggerService = {
    error: log,
    warn: log,
    info: log,
    debug: log,
    child: meta => {
      logged.push(meta);
      return logger;
    },
  };
  return logger;
}
