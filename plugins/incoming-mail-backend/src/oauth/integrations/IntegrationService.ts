// SPDX-License-Identifier: Apache-2.0
import { ConflictError, NotFoundError } from '@backstage/errors';
import {
  CreateIntegration,
  grantLimits,
  IntegrationChoice,
  IntegrationUser,
  OAuthIntegration,
  Page,
  PageQuery,
  RetireClientSecret,
  UpdateIntegration,
} from '@postroom/plugin-incoming-mail-common';
import { Tx } from '../../database';
import { FieldError, FieldsError } from '../../http';
import { randomToken, Secret } from '../../secrets';
import { ConsentStore } from '../consent/ConsentStore';
import { GrantStore } from '../vault/GrantStore';
import {
  changesTrust,
  findSettingsErrors,
  grantedProtocols,
  isReady,
  needsSecret,
  voidsGrants,
} from './integrationRules';
import { IntegrationStore, UsedIntegration } from './IntegrationStore';
import { judgeClientKey, lastDayOf, sha1Of } from './judgeClientKey';
import { redirectUrl } from './redirectUrl';
import {
  ClientKeyChange,
  ClientSecretChange,
  IntegrationRecord,
  IntegrationSettings,
  JudgedClientKey,
} from './types';

// 128 random bits are 22 characters, which is what the schema of a slug says.
const SLUG_BYTES = 16;

const MAX_NAMED_USERS = 10;

/** What administrators do with integrations, and what project owners see. */
export class IntegrationService {
  readonly #integrations: IntegrationStore;
  readonly #grants: GrantStore;
  readonly #consents: ConsentStore;
  readonly #externalBaseUrl: string;
  readonly #allowHttpLoopback: boolean;
  readonly #onChanged?: (integrationId: string) => Promise<void>;

  constructor(options: {
    integrations: IntegrationStore;
    grants: GrantStore;
    consents: ConsentStore;
    /** Of the plugin, as browsers reach it. */
    externalBaseUrl: string;
    /** Whether endpoints on this very machine may be http. */
    allowHttpLoopback: boolean;
    /** Told of each change, after it stands. */
    onChanged?(integrationId: string): Promise<void>;
  }) {
    this.#integrations = options.integrations;
    this.#grants = options.grants;
    this.#consents = options.consents;
    this.#externalBaseUrl = options.externalBaseUrl;
    this.#allowHttpLoopback = options.allowHttpLoopback;
    this.#onChanged = options.onChanged;
  }

  /**
   * Makes a redirect URL that no integration has. Nothing is stored: the slug
   * is taken when an integration is created with it.
   */
  reserveRedirectUrl(): { callbackSlug: string; redirectUrl: string } {
    const callbackSlug = randomToken(SLUG_BYTES);
    return {
      callbackSlug,
      redirectUrl: redirectUrl(this.#externalBaseUrl, callbackSlug),
    };
  }

  /**
   * @throws FieldsError
   * @throws ConflictError where the redirect URL is another integration's
   */
  async create(
    input: CreateIntegration,
    createdBy: string,
  ): Promise<OAuthIntegration> {
    const {
      callbackSlug,
      clientSecret,
      clientSecretExpiresOn,
      clientKey,
      ...settings
    } = input;
    this.#refuseWrongSettings(settings);
    const secret = secretToStore(settings, clientSecret);
    const key = await this.#keyToStore(settings, clientKey);
    const id = await this.#integrations.insert({
      callbackSlug,
      settings,
      clientSecret: secret,
      clientSecretExpiresOn:
        endOf(key) ?? ((secret ?? key) && clientSecretExpiresOn),
      clientKey: key,
      createdBy,
    });
    return this.get(id);
  }

  /** By name. */
  async list(page: PageQuery): Promise<Page<OAuthIntegration>> {
    const found = await this.#integrations.list(page);
    return { ...found, items: await this.#toReplies(found.items) };
  }

  /** @throws NotFoundError */
  async get(id: string): Promise<OAuthIntegration> {
    const found = await this.find(id);
    if (!found) {
      throw notFound(id);
    }
    return found;
  }

  async find(id: string): Promise<OAuthIntegration | undefined> {
    const found = await this.#integrations.findUsed(id);
    const [reply] = await this.#toReplies(found ? [found] : []);
    return reply;
  }

  /**
   * Replaces the settings. Where that means another provider or client, the
   * secret has to be entered again and all mailboxes have to be authorized
   * again, since what we hold was not given for the new one.
   *
   * @throws NotFoundError
   * @throws FieldsError
   * @throws ConflictError where it was changed since `input.version` was read
   */
  async update(
    id: string,
    input: UpdateIntegration,
  ): Promise<OAuthIntegration> {
    const {
      version,
      clientSecret,
      clientSecretExpiresOn,
      nextClientSecret,
      nextClientSecretExpiresOn,
      clientKey,
      ...settings
    } = input;
    const before = await this.#integrations.find(id);
    if (!before) {
      throw notFound(id);
    }
    if (before.version !== version) {
      throw stale();
    }
    this.#refuseWrongSettings(settings);
    const otherTrust = changesTrust(before.settings, settings);
    refuseReuseOfSecret({ before, settings, clientSecret, otherTrust });
    refuseReuseOfKey({ before, settings, clientKey, otherTrust });
    const change = secretChange({ settings, clientSecret, otherTrust });
    const nextChange = secretChange({
      settings,
      clientSecret: nextClientSecret,
      otherTrust,
    });
    refuseNextWithoutPresent({ before, change, nextChange });
    const keyChange =
      (await this.#keyToStore(settings, clientKey)) ??
      keyChangeWithout({ settings, otherTrust });
    await this.#integrations.transaction(async tx => {
      const updated = await this.#integrations.update(tx, {
        id,
        version,
        settings,
        clientSecret: change,
        clientSecretExpiresOn: expiryAfter({
          before,
          change,
          keyChange,
          entered: clientSecretExpiresOn,
        }),
        nextClientSecret: nextChange,
        nextClientSecretExpiresOn:
          nextChange === 'remove' ||
          (nextChange === 'keep' && !before.nextClientSecret)
            ? undefined
            : nextClientSecretExpiresOn,
        clientKey: keyChange,
      });
      if (!updated) {
        throw stale();
      }
      if (voidsGrants(before.settings, settings)) {
        await this.#grants.voidAllOf(tx, id, 'integration-changed');
      } else {
        await this.#carryOver(tx, id, version + 1);
      }
      if (!settings.allowSharedMailboxes) {
        await this.#grants.voidSharedOf(tx, id);
      }
    });
    await this.#onChanged?.(id);
    return this.get(id);
  }

  /**
   * Ends the time in which an integration has two client secrets.
   *
   * @throws NotFoundError
   * @throws ConflictError where there are not two, where the next one has not
   *   been accepted by the provider and was to stay, or where the integration
   *   was changed since `input.version` was read
   */
  async retireSecret(
    id: string,
    { secret, version }: RetireClientSecret,
  ): Promise<OAuthIntegration> {
    const before = await this.#integrations.find(id);
    if (!before) {
      throw notFound(id);
    }
    if (before.version !== version) {
      throw stale();
    }
    if (!before.nextClientSecret) {
      throw new ConflictError('The integration has one client secret only');
    }
    await this.#integrations.transaction(async tx => {
      const retired =
        secret === 'next'
          ? await this.#integrations.dropNextSecret(tx, before)
          : await this.#integrations.promoteNextSecret(tx, before);
      if (!retired) {
        throw new ConflictError(
          'The provider has not accepted the new client secret yet, or somebody else changed the integration; the old one stays',
        );
      }
      await this.#carryOver(tx, id, version + 1);
    });
    await this.#onChanged?.(id);
    return this.get(id);
  }

  /**
   * @throws NotFoundError
   * @throws ConflictError that names who uses it
   */
  async delete(id: string): Promise<void> {
    if (!(await this.#integrations.find(id))) {
      throw notFound(id);
    }
    await this.#refuseWhileUsed(id);
    try {
      await this.#integrations.transaction(async tx => {
        await this.#grants.deleteAllOf(tx, id);
        await this.#integrations.delete(tx, id);
      });
    } catch (error) {
      // A channel may have chosen it just now; the foreign key stopped us.
      await this.#refuseWhileUsed(id);
      throw error;
    }
  }

  /** Who uses an integration. @throws NotFoundError */
  async listUsers(id: string, page: PageQuery): Promise<Page<IntegrationUser>> {
    if (!(await this.#integrations.find(id))) {
      throw notFound(id);
    }
    return this.#integrations.listUsers(id, page);
  }

  /** What a project owner may know of the integrations, by name. */
  async listChoices(page: PageQuery): Promise<Page<IntegrationChoice>> {
    const found = await this.#integrations.list(page);
    return {
      ...found,
      items: found.items.map(({ integration }) => toChoice(integration)),
    };
  }

  /** The same of one integration, for the rules of a channel's settings. */
  async findChoice(id: string): Promise<IntegrationChoice | undefined> {
    const integration = await this.#integrations.find(id);
    return integration && toChoice(integration);
  }

  /**
   * What was given under the former version is as good under the new one, and
   * a new secret may be what the provider was waiting for.
   */
  async #carryOver(tx: Tx, id: string, version: number): Promise<void> {
    await this.#grants.carryOver(tx, id, version);
    await this.#consents.carryOver(tx, id, version);
  }

  #refuseWrongSettings(settings: IntegrationSettings): void {
    const errors = findSettingsErrors(settings, {
      allowHttpLoopback: this.#allowHttpLoopback,
    });
    if (errors.length > 0) {
      throw new FieldsError(errors);
    }
  }

  /** @throws FieldsError where it cannot be signed with */
  async #keyToStore(
    settings: IntegrationSettings,
    clientKey: CreateIntegration['clientKey'],
  ): Promise<JudgedClientKey | undefined> {
    if (!clientKey || settings.clientAuthentication !== 'private_key_jwt') {
      return undefined;
    }
    const verdict = judgeClientKey(clientKey, {
      settings,
      now: await this.#integrations.now(),
    });
    if (verdict.kind === 'refused') {
      throw new FieldsError(verdict.errors);
    }
    return verdict.key;
  }

  async #refuseWhileUsed(id: string): Promise<void> {
    const used = await this.#integrations.findUsed(id);
    const count = used ? used.channelCount + used.mailServerCount : 0;
    if (count > 0) {
      const names = await this.#integrations.nameUsers(id, MAX_NAMED_USERS);
      const more = count > names.length ? ' and more' : '';
      throw new ConflictError(
        `The integration is used by ${count} mailbox(es): ${names.join(
          ', ',
        )}${more}. Remove them or have them use another one first.`,
      );
    }
  }

  async #toReplies(
    found: readonly UsedIntegration[],
  ): Promise<OAuthIntegration[]> {
    const ids = found.map(({ integration }) => integration.id);
    const [ends, crowds] = await Promise.all([
      this.#grants.ends.listFirst(ids),
      this.#grants.accounts.listCrowds(ids, grantLimits.warnFrom),
    ]);
    return found.map(used => ({
      ...this.#toReply(used),
      nextConsentEnd: ends.get(used.integration.id)?.toISOString(),
      crowdedAccount: crowds.get(used.integration.id),
    }));
  }

  #toReply(used: UsedIntegration): OAuthIntegration {
    const { integration, channelCount, mailServerCount } = used;
    const { nextClientSecret: next } = integration;
    return {
      ...integration.settings,
      id: integration.id,
      version: integration.version,
      redirectUrl: redirectUrl(this.#externalBaseUrl, integration.callbackSlug),
      clientSecret: {
        set: integration.hasClientSecret,
        updatedAt: integration.clientSecretUpdatedAt?.toISOString(),
        expiresOn: integration.clientSecretExpiresOn,
      },
      nextClientSecret: next && {
        state: next.state,
        updatedAt: next.updatedAt.toISOString(),
        expiresOn: next.expiresOn,
      },
      clientKey: {
        set: integration.hasClientKey,
        updatedAt: integration.clientKeyUpdatedAt?.toISOString(),
        thumbprint:
          integration.clientCertificate &&
          sha1Of(integration.clientCertificate),
      },
      fault: integration.fault && {
        ...integration.fault,
        since: integration.fault.since.toISOString(),
      },
      ready: isReady(integration),
      channelCount,
      mailServerCount,
      createdAt: integration.createdAt.toISOString(),
      updatedAt: integration.updatedAt.toISOString(),
    };
  }
}

function toChoice(integration: IntegrationRecord): IntegrationChoice {
  const { name, provider, grantType, allowedDomains, mailHosts } =
    integration.settings;
  return {
    id: integration.id,
    name,
    provider,
    grantType,
    allowedDomains,
    mailHosts,
    protocols: grantedProtocols(integration.settings),
    ready: isReady(integration),
  };
}

/** A client that shows no secret has none; none is kept for it. */
function secretToStore(
  settings: IntegrationSettings,
  clientSecret: string | undefined,
): Secret | undefined {
  return clientSecret === undefined ||
    !needsSecret(settings.clientAuthentication)
    ? undefined
    : new Secret(clientSecret);
}

function secretChange(options: {
  settings: IntegrationSettings;
  clientSecret: string | undefined;
  otherTrust: boolean;
}): ClientSecretChange {
  const { settings, clientSecret, otherTrust } = options;
  const unused = !needsSecret(settings.clientAuthentication);
  return (
    secretToStore(settings, clientSecret) ??
    // Kept over a time without authentication, it could be sent to whatever
    // endpoint was entered meanwhile.
    (unused || otherTrust ? 'remove' : 'keep')
  );
}

function refuseReuseOfSecret(options: {
  before: IntegrationRecord;
  settings: IntegrationSettings;
  clientSecret: string | undefined;
  otherTrust: boolean;
}): void {
  const { before, settings, clientSecret, otherTrust } = options;
  if (
    otherTrust &&
    before.hasClientSecret &&
    clientSecret === undefined &&
    needsSecret(settings.clientAuthentication)
  ) {
    throw new FieldsError([toBeReentered('body.clientSecret')]);
  }
}

/** A next secret needs one that it comes after. */
function refuseNextWithoutPresent(options: {
  before: IntegrationRecord;
  change: ClientSecretChange;
  nextChange: ClientSecretChange;
}): void {
  const { before, change, nextChange } = options;
  const hasPresent =
    change === 'keep' ? before.hasClientSecret : change !== 'remove';
  if (nextChange instanceof Secret && !hasPresent) {
    throw new FieldsError([
      {
        path: 'body.nextClientSecret',
        message: 'has no client secret to come after; enter it as that one',
      },
    ]);
  }
}

/** What is signed for one endpoint could be used at another (RFC 9700 section 4.9). */
function refuseReuseOfKey(options: {
  before: IntegrationRecord;
  settings: IntegrationSettings;
  clientKey: UpdateIntegration['clientKey'];
  otherTrust: boolean;
}): void {
  const { before, settings, clientKey, otherTrust } = options;
  if (
    otherTrust &&
    before.hasClientKey &&
    clientKey === undefined &&
    settings.clientAuthentication === 'private_key_jwt'
  ) {
    throw new FieldsError([toBeReentered('body.clientKey.privateKey')]);
  }
}

function toBeReentered(path: string): FieldError {
  return {
    path,
    message:
      'has to be entered again when an endpoint, the issuer or the client ID changes',
  };
}

/** What becomes of the stored key where none is entered; see `secretChange`. */
function keyChangeWithout(options: {
  settings: IntegrationSettings;
  otherTrust: boolean;
}): ClientKeyChange {
  const { settings, otherTrust } = options;
  const unused = settings.clientAuthentication !== 'private_key_jwt';
  return unused || otherTrust ? 'remove' : 'keep';
}

/** A certificate says itself when it ends. */
function endOf(key: JudgedClientKey | undefined): string | undefined {
  return key?.certificate && lastDayOf(key.certificate);
}

/** The end of what the client then proves itself with, where it is known. */
function expiryAfter(options: {
  before: IntegrationRecord;
  change: ClientSecretChange;
  keyChange: ClientKeyChange;
  entered: string | undefined;
}): string | undefined {
  const { before, change, keyChange, entered } = options;
  if (change === 'remove' && keyChange === 'remove') {
    return undefined;
  }
  if (keyChange === 'remove') {
    return entered;
  }
  const certificate =
    keyChange === 'keep' ? before.clientCertificate : keyChange.certificate;
  return certificate ? lastDayOf(certificate) : entered;
}

function notFound(id: string): NotFoundError {
  return new NotFoundError(`There is no integration ${id}`);
}

function stale(): ConflictError {
  return new ConflictError(
    'The integration was changed meanwhile; read it again and repeat the change',
  );
}
