// SPDX-License-Identifier: Apache-2.0
import { FailureCode } from '@postroom/plugin-incoming-mail-common';
import { MailFailure } from '@postroom/plugin-incoming-mail-node';
import { Secret } from '../secrets';
import {
  findReadingStart,
  MailSession,
  OpenFolder,
  OpenSession,
  ReadingStart,
  SessionStage,
} from '../transport';
import { ConnectedMailbox, signIn, toCredentials } from './signIn';

/** The stages of a probe, in their order. */
export const probeStages = [
  'resolve',
  'connect',
  'secure',
  'sign-in',
  'open',
] as const;

/** See {@link probeStages}. */
export type ProbeStage = (typeof probeStages)[number];

/** How far a probe came. */
export type ProbeOutcome =
  | {
      readonly kind: 'succeeded';
      readonly opened: OpenFolder;
      /** Where reading can start, if that was asked for. */
      readonly start?: ReadingStart;
    }
  | {
      readonly kind: 'failed';
      /** The first stage that did not go well; those before it did. */
      readonly stage: ProbeStage;
      readonly failure: MailFailure;
    };

/**
 * Connects to a mailbox, signs in, opens its folder and leaves again. No mail
 * is fetched and no flag is changed.
 *
 * @returns also for what the outside world does; throws for mistakes of ours
 */
export async function probeMailbox(
  mailbox: ConnectedMailbox,
  options: {
    /** The access token or the password. */
    secret: Secret;
    openSession: OpenSession;
    signal: AbortSignal;
    timeoutMs: number;
    /** Whether reading is to start where the folder now ends. */
    findsStart: boolean;
  },
): Promise<ProbeOutcome> {
  const { server, folder } = mailbox;
  const { secret, openSession, timeoutMs } = options;
  const deadline = AbortSignal.timeout(timeoutMs);
  const signal = AbortSignal.any([deadline, options.signal]);
  let reached: SessionStage | undefined;
  let session: MailSession | undefined;
  try {
    session = await signIn(mailbox, toCredentials(mailbox, secret), {
      openSession,
      signal,
      onStage(stage) {
        // Without encryption there is nothing to wait for between the two.
        reached =
          stage === 'connected' && server.security === 'none'
            ? 'secured'
            : stage;
      },
    });
    const opened = await session.open(folder);
    const start = options.findsStart
      ? await findReadingStart(session, opened)
      : undefined;
    return { kind: 'succeeded', opened, start };
  } catch (error) {
    if (!MailFailure.is(error)) {
      throw error;
    }
    return {
      kind: 'failed',
      stage: session ? 'open' : stageOf(error.code, reached),
      failure: deadline.aborted
        ? new MailFailure('connection-timed-out', 'The probe took too long')
        : error,
    };
  } finally {
    await session?.close();
  }
}

const stageAfter: Readonly<Record<SessionStage, ProbeStage>> = {
  resolved: 'connect',
  connected: 'secure',
  secured: 'sign-in',
  'signed-in': 'open',
};

// The earliest stage that a failure can be of, where that is known: TLS is
// only begun on a connection, which the transport may not have told.
const earliestStage: Partial<Record<FailureCode, ProbeStage>> = {
  'host-not-found': 'resolve',
  'host-not-allowed': 'resolve',
  'connection-refused': 'connect',
  'connection-timed-out': 'connect',
  'connection-lost': 'connect',
  'plaintext-refused': 'connect',
  'tls-failed': 'secure',
  'login-refused': 'sign-in',
  'password-refused': 'sign-in',
};

function stageOf(
  code: FailureCode,
  reached: SessionStage | undefined,
): ProbeStage {
  const earliest = earliestStage[code] ?? (reached ? 'resolve' : 'sign-in');
  const next = reached ? stageAfter[reached] : 'resolve';
  const at = Math.max(probeStages.indexOf(earliest), probeStages.indexOf(next));
  return probeStages[at];
}
