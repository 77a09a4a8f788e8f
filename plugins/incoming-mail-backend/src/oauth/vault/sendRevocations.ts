// SPDX-License-Identifier: Apache-2.0
import { MailFailure } from '@postroom/plugin-incoming-mail-node';
import { backoffMs, BackoffPolicy } from '../../lib';
import { ConsentStore } from '../consent/ConsentStore';
import { RevocationEndpoint, RevocationVerdict } from '../revocationEndpoint';
import { GrantStore } from './GrantStore';
import { RevocationRecord, RevocationStore } from './RevocationStore';

// One run tries at most this many, one after the other: none is urgent, and
// each may take ten seconds.
const BATCH = 20;

const GIVE_UP_AFTER_MS = 86_400_000;

const BACKOFF: BackoffPolicy = {
  firstMs: 60_000,
  maxMs: 3_600_000,
  jitter: 0.2,
};

/** What sending revocations needs. */
export interface SendRevocationsDeps {
  readonly revocations: RevocationStore;
  readonly grants: GrantStore;
  readonly consents: ConsentStore;
  readonly endpoint: RevocationEndpoint;
  /** A number from 0 to below 1. */
  readonly random: () => number;
}

/** What a run did. */
export interface RevocationOutcome {
  /** Nothing is left to revoke. */
  readonly settled: number;
  /** Tried again later. */
  readonly failed: number;
  /** Not tried any more: a day is over. */
  readonly givenUp: number;
}

/** Tells providers what to revoke, as far as it is due. */
export async function sendRevocations(
  deps: SendRevocationsDeps,
  signal?: AbortSignal,
): Promise<RevocationOutcome> {
  const { revocations, random } = deps;
  const givenUp = await revocations.removeOld(GIVE_UP_AFTER_MS);
  let settled = 0;
  let failed = 0;
  for (const record of await revocations.listDue(BATCH)) {
    if (signal?.aborted) {
      break;
    }
    const nextInMs = backoffMs(record.attempts + 1, BACKOFF, random);
    if (await revocations.claim(record, nextInMs)) {
      const verdict = await sendOne(record, deps);
      if (verdict.kind === 'settled') {
        await revocations.remove(record.id);
        settled += 1;
      } else {
        await postponeAsAsked(record, verdict, { revocations, nextInMs });
        failed += 1;
      }
    }
  }
  return { settled, failed, givenUp };
}

async function sendOne(
  record: RevocationRecord,
  { grants, consents, endpoint }: SendRevocationsDeps,
): Promise<RevocationVerdict> {
  // A new grant takes its account out of the queue by itself; one that a
  // replica of a former version stored does not.
  if (await grants.accounts.isHeld(record)) {
    return { kind: 'settled' };
  }
  // Somebody is about to authorize the account again: a revocation between
  // the new tokens and their storage would end these.
  if (await consents.isUnderWay(record)) {
    return { kind: 'failed', reason: 'a consent is under way' };
  }
  try {
    const token = await record.openToken();
    return token
      ? await endpoint.revoke({
          ...record,
          endpoint: record.revocationEndpoint,
          clientSecret: await record.openClientSecret(),
          clientKey: await record.openClientKey(),
          token,
        })
      : { kind: 'settled' };
  } catch (error) {
    if (MailFailure.is(error)) {
      return { kind: 'failed', reason: error.code };
    }
    throw error;
  }
}

async function postponeAsAsked(
  record: RevocationRecord,
  verdict: { readonly retryAfterMs?: number },
  options: { revocations: RevocationStore; nextInMs: number },
): Promise<void> {
  const { retryAfterMs = 0 } = verdict;
  if (retryAfterMs > options.nextInMs) {
    await options.revocations.postpone(record.id, retryAfterMs);
  }
}
