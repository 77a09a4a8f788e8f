// SPDX-License-Identifier: Apache-2.0
import {
  Connection,
  FolderList,
  HandlerBinding as WantedBinding,
  MailServerDraft,
  mailServerSettingsSchema,
  StartedConsent,
  TestedDraft,
} from '@postroom/plugin-incoming-mail-common';
import { z } from 'zod';
import { Db, inTransaction, Tx } from '../database';
import { FieldsError } from '../http';
import { ReadingStart } from '../transport';
import { BindingStore } from './BindingStore';
import {
  findMailboxFaults,
  needsNewConsent,
  needsPasswordAgain,
} from './channelRules';
import { MailboxCheckDeps, checkMailbox } from './checkMailbox';
import {
  describeIdentity,
  describeIntegration,
  DescribeMailboxDeps,
  describeSettings,
  toWantedBindings,
} from './describeMailbox';
import { Draft, DRAFT_LIFE_MS, DraftStore } from './DraftStore';
import { draftFingerprint, findSaveObstacle } from './draftTest';
import { enteredPassword, withoutPassword } from './enteredPassword';
import { listFolders } from './listFolders';
import { MailboxSettings } from './mailboxRows';
import { MailServerStore } from './MailServerStore';
import { Connect, StartConsent, toGrantMailbox } from './MailboxActions';
import { PasswordStore } from './PasswordStore';
import { Mailbox } from './types';

/** What tells one grant from another. */
export interface GrantStamps {
  /**
   * The same for as long as tokens are only renewed; undefined where a mailbox
   * has no grant that it could be read with.
   */
  findGrantStamp(tx: Tx, mailboxId: string): Promise<string | undefined>;
  findIntegrationVersion(tx: Tx, id: string): Promise<number | undefined>;
}

/** What the service needs. */
export interface DraftServiceOptions
  extends GrantStamps,
    Pick<DescribeMailboxDeps, 'findIntegration'> {
  readonly db: Db;
  readonly drafts: DraftStore;
  readonly servers: MailServerStore;
  readonly bindings: BindingStore;
  readonly passwords: PasswordStore;
  readonly checks: MailboxCheckDeps;
  /** Drops what a consent gave to a draft. */
  forgetGrant(tx: Tx, mailboxId: string): Promise<void>;
  readonly startConsent: StartConsent;
  readonly connect: Connect;
  /**
   * Judges a binding as it is to be saved.
   *
   * @throws InputError that begins with the setting that is wrong
   */
  judgeBinding(
    binding: WantedBinding,
    mailbox: Pick<Mailbox, 'address' | 'projectRef'>,
  ): void;
  /** Has reading begin where a test saw the folder end. */
  setBaseline(
    tx: Tx,
    options: { mailboxId: string; seen: ReadingStart & { folder: string } },
  ): Promise<void>;
}

type Settings = z.output<typeof mailServerSettingsSchema>;

/** What signs a draft in: something of its own, or what the server has. */
interface DraftCredentials {
  readonly authorization: MailServerDraft['authorization'];
  /** See {@link draftFingerprint}. */
  readonly stamp?: string;
}

/**
 * Drafts of mail servers. A mail server is tested and authorized before it is
 * saved, so there has to be something that can be tested and authorized: a
 * draft, which belongs to the person who opened it.
 */
export class DraftService {
  readonly #options: DraftServiceOptions;

  constructor(options: DraftServiceOptions) {
    this.#options = options;
  }

  /**
   * Opens a draft.
   *
   * @throws FieldsError, ConflictError (too many drafts), NotFoundError (no
   *   such mail server)
   */
  async create(
    input: { serverId?: string; settings?: Settings },
    userRef: string,
  ): Promise<MailServerDraft> {
    const { db, drafts, servers, bindings, passwords } = this.#options;
    const of = input.serverId ? await servers.get(input.serverId) : undefined;
    const wanted = input.settings ?? (of && (await this.#settingsOf(of)));
    if (!wanted) {
      throw new FieldsError([
        { path: 'body.settings', message: 'is required for a new mail server' },
      ]);
    }
    const { settings, password } = await this.#judge(wanted, of);
    const id = await inTransaction(db, async tx => {
      const draftId = await drafts.insert(tx, {
        owner: userRef,
        settings,
        paused: !wanted.enabled,
        of,
      });
      await bindings.replace(tx, draftId, wanted.handlers);
      if (password) {
        await passwords.put(tx, draftId, password);
      } else if (of && settings.authentication.method === 'password') {
        await passwords.copy(tx, { from: of.id, to: draftId });
      }
      return draftId;
    });
    return this.get(id, userRef);
  }

  /** @throws NotFoundError also where it is another person's */
  async get(id: string, userRef: string): Promise<MailServerDraft> {
    const { db, drafts, bindings } = this.#options;
    const draft = await drafts.get(id, userRef);
    const { authorization, obstacle } = await inTransaction(db, async tx => ({
      authorization: (await this.findCredentials(tx, draft)).authorization,
      obstacle: await this.findObstacle(tx, draft),
    }));
    const { serverId, serverVersion, test } = draft.draft;
    return {
      ...describeSettings(draft),
      ...describeIdentity(draft, await bindings.list(id)),
      id,
      serverId,
      serverVersion,
      ...(await describeIntegration(draft, this.#options)),
      authorization,
      testedAt: test?.at.toISOString(),
      obstacle,
      expiresAt: new Date(
        draft.createdAt.getTime() + DRAFT_LIFE_MS,
      ).toISOString(),
    };
  }

  /**
   * Replaces the settings of a draft. What was tested before is then not what
   * would be saved, where it matters.
   *
   * @throws FieldsError, NotFoundError, ConflictError
   */
  async update(
    id: string,
    wanted: Settings,
    userRef: string,
  ): Promise<MailServerDraft> {
    const { db, drafts, bindings, passwords, forgetGrant } = this.#options;
    const former = await drafts.get(id, userRef);
    const { settings, password } = await this.#judge(wanted, former);
    await inTransaction(db, async tx => {
      await drafts.update(tx, {
        id,
        version: former.version,
        settings,
        paused: !wanted.enabled,
      });
      await bindings.replace(tx, id, wanted.handlers);
      if (needsNewConsent(former, settings)) {
        await forgetGrant(tx, id);
      }
      if (settings.authentication.method === 'oauth') {
        await passwords.remove(tx, id);
      } else if (password) {
        await passwords.put(tx, id, password);
      }
    });
    return this.get(id, userRef);
  }

  /** @throws NotFoundError */
  async delete(id: string, userRef: string): Promise<void> {
    await this.#options.drafts.get(id, userRef);
    await this.#drop(id);
  }

  /** Removes drafts that are older than `ageMs`, at most `limit`. */
  async removeOld(options: { ageMs: number; limit: number }): Promise<number> {
    const old = await this.#options.drafts.listOld(options);
    for (const id of old) {
      await this.#drop(id);
    }
    return old.length;
  }

  /** Starts the authorization of a draft's mailbox. */
  async startConsent(
    id: string,
    by: { userRef: string; returnOrigin: string; returnPath?: string },
  ): Promise<StartedConsent> {
    const draft = await this.#options.drafts.get(id, by.userRef);
    return this.#options.startConsent({
      mailbox: toGrantMailbox(draft),
      ...by,
    });
  }

  /**
   * The draft itself, for what signs in with it: {@link connect}, {@link test}
   * and {@link listFolders}.
   *
   * @throws NotFoundError also where it is another person's
   */
  async find(id: string, userRef: string): Promise<Draft> {
    return this.#options.drafts.get(id, userRef);
  }

  /** Connects a draft's mailbox by the integration's own rights. */
  async connect(draft: Draft): Promise<Connection> {
    return this.#options.connect(toGrantMailbox(draft));
  }

  /**
   * Tests the connection. Where all is well, exactly what was tested can be
   * saved, and reading will begin where the folder now ends.
   */
  async test(draft: Draft, userRef: string): Promise<TestedDraft> {
    const { db, drafts, checks, setBaseline } = this.#options;
    const { id } = draft;
    // What is tested is named before the test: what changes meanwhile was not.
    const { credentials, fingerprint } = await inTransaction(db, async tx => {
      const found = await this.findCredentials(tx, draft);
      return {
        credentials: found,
        fingerprint: draftFingerprint(draft, found.stamp),
      };
    });
    let start: ReadingStart | undefined;
    const report = await checkMailbox(
      draft,
      checksBy(credentials, draft, checks),
      found => {
        start = found;
      },
    );
    if (report.ok && start) {
      const seen = { ...start, folder: draft.folder };
      await inTransaction(db, async tx => {
        if (await drafts.setTested(tx, draft, fingerprint)) {
          await setBaseline(tx, { mailboxId: id, seen });
        }
      });
    }
    return { report, draft: await this.get(id, userRef) };
  }

  /** Lists the folders of the account, before it is saved; see {@link listFolders}. */
  async listFolders(draft: Draft): Promise<FolderList> {
    const { db, checks } = this.#options;
    const credentials = await inTransaction(db, tx =>
      this.findCredentials(tx, draft),
    );
    return listFolders(draft, checksBy(credentials, draft, checks));
  }

  /** What is in the way of saving a draft, as of this transaction. */
  async findObstacle(tx: Tx, draft: Draft) {
    const { stamp } = await this.findCredentials(tx, draft);
    return findSaveObstacle(draft.draft.test, {
      fingerprint: draftFingerprint(draft, stamp),
      testAgeMs: await this.#options.drafts.testAgeMs(tx, draft),
    });
  }

  /** What signs a draft in, as of this transaction. */
  async findCredentials(tx: Tx, draft: Draft): Promise<DraftCredentials> {
    const { servers, findGrantStamp } = this.#options;
    const { authentication, password } = draft;
    if (authentication.method === 'password') {
      return password
        ? { authorization: 'own', stamp: password.id }
        : { authorization: 'none' };
    }
    const version = await this.#options.findIntegrationVersion(
      tx,
      authentication.integrationId,
    );
    const own = await findGrantStamp(tx, draft.id);
    if (own) {
      return { authorization: 'own', stamp: `${version} ${own}` };
    }
    const { serverId } = draft.draft;
    const server = serverId ? await servers.get(serverId, tx) : undefined;
    const ofServer =
      server && !needsNewConsent(server, draft)
        ? await findGrantStamp(tx, server.id)
        : undefined;
    return ofServer
      ? { authorization: 'server', stamp: `${version} ${ofServer}` }
      : { authorization: 'none' };
  }

  async #judge(wanted: Settings, former: Mailbox | undefined) {
    const { findIntegration, checks } = this.#options;
    const settings: MailboxSettings = {
      ...wanted,
      authentication: withoutPassword(wanted.authentication),
    };
    const password = enteredPassword(wanted.authentication);
    const { authentication } = settings;
    const integration =
      authentication.method === 'oauth'
        ? await findIntegration(authentication.integrationId)
        : undefined;
    const faults = findMailboxFaults(settings, integration, checks).map(
      fault => ({ ...fault, path: `body.settings.${fault.path}` }),
    );
    if (authentication.method === 'password' && !password) {
      const message = passwordFault(former, settings);
      if (message) {
        const path = 'body.settings.authentication.password';
        faults.push({ path, message });
      }
    }
    faults.push(...this.#findBindingFaults(wanted));
    if (faults.length > 0) {
      throw new FieldsError(faults);
    }
    return { settings, password };
  }

  #findBindingFaults({ handlers, address }: Settings) {
    return handlers.flatMap((binding, index) => {
      try {
        this.#options.judgeBinding(binding, { address });
        return [];
      } catch (error) {
        if (error instanceof Error && isAboutInput(error)) {
          const path = `body.settings.handlers.${index}`;
          return [{ path, message: error.message }];
        }
        throw error;
      }
    });
  }

  async #settingsOf(server: Mailbox): Promise<Settings> {
    const bound = await this.#options.bindings.list(server.id);
    return mailServerSettingsSchema.parse({
      name: server.name,
      description: server.description,
      timeoutSeconds: server.timeoutSeconds,
      handlers: toWantedBindings(bound),
      enabled: server.pausedAt === undefined,
      address: server.address,
      server: server.server,
      folder: server.folder,
      authentication: server.authentication,
      aliases: server.aliases,
      afterStoring: server.afterStoring,
    });
  }

  async #drop(id: string): Promise<void> {
    const { db, drafts, forgetGrant } = this.#options;
    await inTransaction(db, async tx => {
      await forgetGrant(tx, id);
      await drafts.delete(tx, id);
    });
  }
}

/** What signs a draft in: it may be authorized by what its server has. */
function checksBy(
  { authorization }: DraftCredentials,
  { draft: { serverId } }: Draft,
  checks: MailboxCheckDeps,
): MailboxCheckDeps {
  if (authorization !== 'server' || serverId === undefined) {
    return checks;
  }
  return {
    ...checks,
    findGrant: () => checks.findGrant(serverId),
    accessToken: (_draftId, options) => checks.accessToken(serverId, options),
  };
}

function passwordFault(
  former: Mailbox | undefined,
  settings: MailboxSettings,
): string | undefined {
  if (!former?.password) {
    return 'is required';
  }
  return needsPasswordAgain(former, settings)
    ? 'has to be entered again when the server or the user name changes'
    : undefined;
}

// A handler that is not installed is input as well: somebody named it.
function isAboutInput({ name }: Error): boolean {
  return ['InputError', 'NotFoundError'].includes(name);
}
