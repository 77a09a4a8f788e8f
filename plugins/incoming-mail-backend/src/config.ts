// SPDX-License-Identifier: Apache-2.0
import { RootConfigService } from '@backstage/backend-plugin-api';
import { Config, readDurationFromConfig } from '@backstage/config';
import { InputError } from '@backstage/errors';
import { durationToMilliseconds, HumanDuration } from '@backstage/types';

/** Everything that app-config says, with all defaults in place. */
export interface IncomingMailConfig {
  /** The one in use first. */
  readonly vaultKeys: ReadonlyArray<{
    readonly kid: string;
    readonly secret: string;
  }>;
  readonly oauth: {
    /** Where a consent may be started from; exact origins. */
    readonly returnOrigins: readonly string[];
    /** Whether browsers keep the portal's cookie from the backend. */
    readonly crossSite: boolean;
  };
  /** The installation, as people outside it are told. */
  readonly portal: { readonly title: string; readonly url: string };
  readonly polling: {
    readonly intervalMs: number;
    readonly tickMs: number;
    readonly concurrency: number;
    readonly visitTimeoutMs: number;
    readonly messagesPerVisit: number;
    readonly idleConnections: number;
  };
  readonly processing: {
    readonly concurrency: number;
    readonly handlerTimeoutMs: number;
    readonly threads: number;
  };
  readonly messages: { readonly maxBytes: number; readonly maxWaiting: number };
  readonly leases: { readonly durationMs: number };
  readonly retention: {
    readonly rawMailMs: number;
    readonly heldMailMs: number;
    readonly journalMs: number;
    readonly noticesMs: number;
  };
  readonly egress: {
    readonly allowPrivate: readonly string[];
    readonly extraCa: readonly string[];
  };
  readonly development: { readonly allowPlaintextLoopback: boolean };
}

/** Where the vault's keys stand, for error messages. */
export const VAULT_KEYS_PATH = 'incomingMail.vault.keys';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const DAY = 24 * 60 * MINUTE;
const MIB = 1_048_576;

/**
 * Reads and checks the configuration once, at the start.
 *
 * @throws InputError that names the config path of what is wrong
 */
export function readIncomingMailConfig(
  root: RootConfigService,
): IncomingMailConfig {
  const config = root.getOptionalConfig('incomingMail');
  const durationMs = (key: string, fallback: number, minimum: number) =>
    readDuration(root, `incomingMail.${key}`, fallback, minimum);
  const count = (key: string, fallback: number, maximum: number) =>
    readCount(root, `incomingMail.${key}`, fallback, { minimum: 1, maximum });
  const leaseMs = durationMs('leases.duration', MINUTE, SECOND);
  const handlerTimeoutMs = durationMs(
    'processing.handlerTimeout',
    Math.min(30 * SECOND, leaseMs / 2),
    100,
  );
  // A handler's transaction holds the lease, and the lease cannot be renewed
  // meanwhile: it has to last longer than the handler.
  if (handlerTimeoutMs > leaseMs / 2) {
    throw new InputError(
      'incomingMail.processing.handlerTimeout must be at most half of incomingMail.leases.duration',
    );
  }
  const rawMailMs = durationMs('retention.rawMail', 90 * DAY, DAY);
  const heldMailMs = durationMs(
    'retention.heldMail',
    Math.max(365 * DAY, rawMailMs),
    DAY,
  );
  // What nobody has looked at is not to go before what everybody is done with.
  if (heldMailMs < rawMailMs) {
    throw new InputError(
      'incomingMail.retention.heldMail must be at least incomingMail.retention.rawMail',
    );
  }
  return {
    vaultKeys: (config?.getOptionalConfigArray('vault.keys') ?? []).map(
      key => ({ kid: key.getString('kid'), secret: key.getString('secret') }),
    ),
    oauth: {
      returnOrigins: readOrigins(root),
      crossSite: config?.getOptionalBoolean('oauth.crossSite') ?? false,
    },
    portal: {
      title: root.getOptionalString('app.title') ?? 'Backstage',
      url: root.getString('app.baseUrl'),
    },
    polling: {
      intervalMs: durationMs('polling.interval', MINUTE, SECOND),
      tickMs: durationMs('polling.tick', SECOND, 100),
      concurrency: count('polling.concurrency', 64, 256),
      visitTimeoutMs: durationMs('polling.visitTimeout', 10 * MINUTE, SECOND),
      messagesPerVisit: count('polling.messagesPerVisit', 2_000, 10_000),
      idleConnections: readCount(
        root,
        'incomingMail.polling.idleConnections',
        200,
        { minimum: 0, maximum: 20_000 },
      ),
    },
    processing: {
      concurrency: count('processing.concurrency', 4, 64),
      handlerTimeoutMs,
      threads: readCount(root, 'incomingMail.processing.threads', 1, {
        minimum: 0,
        maximum: 16,
      }),
    },
    messages: {
      maxBytes: count('messages.maxBytes', 25 * MIB, 100 * MIB),
      maxWaiting: count('messages.maxWaiting', 5_000, 1_000_000),
    },
    leases: { durationMs: leaseMs },
    retention: {
      rawMailMs,
      heldMailMs,
      journalMs: durationMs('retention.journal', 90 * DAY, DAY),
      noticesMs: durationMs('retention.notices', 365 * DAY, DAY),
    },
    egress: {
      allowPrivate: config?.getOptionalStringArray('egress.allowPrivate') ?? [],
      extraCa: config?.getOptionalStringArray('egress.extraCa') ?? [],
    },
    development: {
      allowPlaintextLoopback:
        config?.getOptionalBoolean('development.allowPlaintextLoopback') ??
        false,
    },
  };
}

function readDuration(
  root: Config,
  path: string,
  fallback: number,
  minimum: number,
): number {
  if (!root.has(path)) {
    return fallback;
  }
  const duration: HumanDuration = readDurationFromConfig(root, { key: path });
  const ms = durationToMilliseconds(duration);
  if (ms < minimum) {
    throw new InputError(`${path} must be at least ${minimum} milliseconds`);
  }
  return ms;
}

function readCount(
  root: Config,
  path: string,
  fallback: number,
  { minimum, maximum }: { minimum: number; maximum: number },
): number {
  const value = root.getOptionalNumber(path) ?? fallback;
  if (!Number.isInteger(value) || value < minimum || value > maximum) {
    throw new InputError(
      `${path} must be a whole number from ${minimum} to ${maximum}`,
    );
  }
  return value;
}

function readOrigins(root: RootConfigService): string[] {
  const path = 'incomingMail.oauth.returnOrigins';
  const listed = root.getOptionalStringArray(path) ?? [];
  return [root.getString('app.baseUrl'), ...listed].map(value => {
    if (!URL.canParse(value)) {
      throw new InputError(`${path} holds ${value}, which is not an address`);
    }
    return new URL(value).origin;
  });
}
