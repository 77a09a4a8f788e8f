// SPDX-License-Identifier: Apache-2.0
import { ConflictError, NotFoundError } from '@backstage/errors';
import {
  ConsentLink,
  CreatedConsentLink,
  FailureCode,
} from '@postroom/plugin-incoming-mail-common';
import { RefusedError, RunLimit, TooManyRequestsError } from '../../http';
import { randomToken } from '../../secrets';
import { IntegrationStore } from '../integrations/IntegrationStore';
import { isSecureBaseUrl, linkUrl } from '../integrations/redirectUrl';
import { IntegrationRecord } from '../integrations/types';
import { ConsentHooks } from './ConsentCompletion';
import { BegunConsent, ConsentFlow } from './ConsentFlow';
import { ConsentLinkStore } from './ConsentLinkStore';
import { ConsentStore } from './ConsentStore';
import { refuseBusyMailbox } from './refuseBusyMailbox';
import { ConsentLinkRecord, ConsentMailbox, linkUserRef } from './types';
import { findHindrance, usableVersion } from './usableVersion';

const MAX_OPEN_LINKS = 5;
const HOUR_MS = 3_600_000;

// A dead link that is opened again and again fills no journal.
const REFUSALS_TOLD_PER_HOUR = 5;

/** What a link that somebody opened is. */
export type OpenedLink =
  | {
      readonly kind: 'open';
      readonly link: ConsentLinkRecord;
      readonly integration: IntegrationRecord;
    }
  | {
      readonly kind: 'refused';
      readonly code: FailureCode;
      /** Absent where the secret is none. */
      readonly link?: ConsentLinkRecord;
    };

/** What pressing the button of a link's page led to. */
export type BegunLink =
  | {
      readonly kind: 'begun';
      readonly begun: BegunConsent;
      readonly linkId: string;
    }
  | Extract<OpenedLink, { kind: 'refused' }>;

/**
 * Links by which the owner of a mailbox authorizes it without an account in
 * the portal.
 */
export class ConsentLinkService {
  readonly #links: ConsentLinkStore;
  readonly #consents: ConsentStore;
  readonly #integrations: IntegrationStore;
  readonly #flow: ConsentFlow;
  readonly #externalBaseUrl: string;
  readonly #hooks: ConsentHooks;
  readonly #told = new RunLimit({
    max: REFUSALS_TOLD_PER_HOUR,
    windowMs: HOUR_MS,
  });

  constructor(options: {
    links: ConsentLinkStore;
    consents: ConsentStore;
    integrations: IntegrationStore;
    flow: ConsentFlow;
    externalBaseUrl: string;
    hooks: ConsentHooks;
  }) {
    this.#links = options.links;
    this.#consents = options.consents;
    this.#integrations = options.integrations;
    this.#flow = options.flow;
    this.#externalBaseUrl = options.externalBaseUrl;
    this.#hooks = options.hooks;
  }

  /**
   * Makes a link for a mailbox, on behalf of a person who may.
   *
   * @throws RefusedError where the installation has no https, or the
   *   integration does not allow it
   * @throws ConflictError where nobody has to consent, or there are enough
   *   links
   */
  async create(options: {
    mailbox: ConsentMailbox;
    userRef: string;
    lifetimeHours: number;
  }): Promise<CreatedConsentLink> {
    const { mailbox, userRef, lifetimeHours } = options;
    if (!isSecureBaseUrl(this.#externalBaseUrl)) {
      throw new RefusedError('https-required');
    }
    const integration = await this.#integrations.find(mailbox.integrationId);
    const integrationVersion = usableVersion(integration, mailbox.address);
    // Two at the same moment may both be let in; the bound need not be exact.
    if ((await this.list(mailbox.id)).length >= MAX_OPEN_LINKS) {
      throw new ConflictError(
        `The channel has ${MAX_OPEN_LINKS} links that can still be used; withdraw one first`,
      );
    }
    const secret = randomToken();
    const id = await this.#links.insert({
      mailbox,
      integrationVersion,
      secret,
      createdBy: userRef,
      lifeMs: lifetimeHours * HOUR_MS,
    });
    const link = await this.#links.find(id);
    if (!link) {
      throw new NotFoundError('The channel was deleted meanwhile');
    }
    return { ...toReply(link), url: linkUrl(this.#externalBaseUrl, secret) };
  }

  /** Those of a mailbox that can still be used, the newest first. */
  async list(mailboxId: string): Promise<ConsentLink[]> {
    const links = await this.#links.listOpen(mailboxId, 2 * MAX_OPEN_LINKS);
    return links.map(toReply);
  }

  /**
   * Withdraws a link. A consent that was begun by it stores nothing any more.
   *
   * @throws NotFoundError also where it has had its end
   */
  async revoke(of: { id: string; mailboxId: string }): Promise<void> {
    if (!(await this.#links.revoke(of))) {
      throw new NotFoundError(`There is no link ${of.id} that could be used`);
    }
  }

  /** What the holder of a secret is shown. */
  async open(secret: string): Promise<OpenedLink> {
    const opened = await this.#judge(secret);
    if (opened.kind === 'open') {
      const { id, mailboxId } = opened.link;
      if (await this.#links.noteOpened(id)) {
        await this.#hooks.onLink?.({ mailboxId, event: 'link-opened' });
      }
    }
    return opened;
  }

  /**
   * Starts a consent for the holder of a secret, who has seen what it means.
   *
   * @throws TooManyRequestsError
   */
  async begin(secret: string): Promise<BegunLink> {
    const opened = await this.#judge(secret);
    if (opened.kind === 'refused') {
      return opened;
    }
    const { link, integration } = opened;
    await refuseBusyMailbox(this.#consents, link.mailboxId);
    const created = await this.#consents.create({
      mailbox: {
        id: link.mailboxId,
        address: link.address,
        integrationId: link.integrationId,
      },
      integrationVersion: integration.version,
      kind: 'link',
      userRef: linkUserRef(link.id),
      linkId: link.id,
      // Nobody has this ticket: the consent is started here and now.
      ticket: randomToken(),
      returnOrigin: new URL(this.#externalBaseUrl).origin,
      // A link is for one mailbox; of that one the last start counts.
      maxOpen: 1,
    });
    if (created.kind === 'too-many') {
      throw new TooManyRequestsError('The link is in use already');
    }
    const consent = await this.#consents.find(created.id);
    const begun = consent && (await this.#flow.start(consent));
    return begun
      ? { kind: 'begun', begun, linkId: link.id }
      : { kind: 'refused', code: 'integration-changed', link };
  }

  async #judge(secret: string): Promise<OpenedLink> {
    const link = await this.#links.findBySecret(secret);
    if (!link) {
      return { kind: 'refused', code: 'link-unknown' };
    }
    const integration = await this.#integrations.find(link.integrationId);
    const code = findLinkFault(link, integration);
    if (!code && integration) {
      return { kind: 'open', link, integration };
    }
    const refused = code ?? 'integration-incomplete';
    if (this.#told.tryTake(link.id)) {
      await this.#hooks.onLink?.({
        mailboxId: link.mailboxId,
        event: 'link-refused',
        code: refused,
      });
    }
    return { kind: 'refused', code: refused, link };
  }
}

/** Why a link leads nowhere; undefined where it does not. */
function findLinkFault(
  link: ConsentLinkRecord,
  integration: IntegrationRecord | undefined,
): FailureCode | undefined {
  if (link.used) {
    return 'link-used';
  }
  if (link.revoked) {
    return 'link-revoked';
  }
  if (link.expired) {
    return 'link-expired';
  }
  const { mailbox } = link;
  if (
    integration?.version !== link.integrationVersion ||
    integration.settings.grantType !== 'authorization_code' ||
    mailbox.address !== link.address ||
    mailbox.integrationId !== link.integrationId
  ) {
    return 'integration-changed';
  }
  return findHindrance(integration, link.address);
}

function toReply(link: ConsentLinkRecord): ConsentLink {
  return {
    id: link.id,
    address: link.address,
    createdBy: link.createdBy,
    createdAt: link.createdAt.toISOString(),
    expiresAt: link.expiresAt.toISOString(),
    openedAt: link.openedAt?.toISOString(),
  };
}
