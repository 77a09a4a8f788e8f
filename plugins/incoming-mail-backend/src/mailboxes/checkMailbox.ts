// SPDX-License-Identifier: Apache-2.0
import {
  CheckReport,
  OAuthIntegration,
} from '@postroom/plugin-incoming-mail-common';
import { MailFailure } from '@postroom/plugin-incoming-mail-node';
import {
  CheckResult,
  CheckStep,
  explainFailure,
  GrantFacts,
  orFailure,
  runChecks,
} from '../oauth';
import { Secret } from '../secrets';
import { OpenSession, ReadingStart } from '../transport';
import { findMailboxFaults } from './channelRules';
import { judgeGrantedScopes } from './judgeGrantedScopes';
import {
  ProbeOutcome,
  probeMailbox,
  ProbeStage,
  probeStages,
} from './probeMailbox';
import { applicationSignInHint, signInHints } from './signInHints';
import { Mailbox } from './types';

/** What the doctor works with. */
export interface MailboxCheckDeps {
  /** Undefined where there is no such integration any more. */
  findIntegration(id: string): Promise<OAuthIntegration | undefined>;
  /** Undefined where nobody has authorized the mailbox. */
  findGrant(mailboxId: string): Promise<GrantFacts | undefined>;
  /** @throws MailFailure */
  accessToken(
    mailboxId: string,
    options: { signal: AbortSignal },
  ): Promise<Secret>;
  /** @throws MailFailure */
  openPassword(mailboxId: string): Promise<Secret>;
  readonly openSession: OpenSession;
  /** Development only: sign in without encryption to this machine. */
  readonly allowPlaintextLoopback: boolean;
  /**
   * Whether what the mail server said is repeated, which is for
   * administrators. Default: yes.
   */
  readonly showDetail?: boolean;
  readonly timeouts?: Partial<MailboxCheckTimeouts>;
}

/** How long what may take, in milliseconds. */
export interface MailboxCheckTimeouts {
  readonly totalMs: number;
  readonly tokenMs: number;
  /** From the server's name to the number of mails. */
  readonly probeMs: number;
}

// The parts fit into the whole, so that what took too long can be named.
const defaultTimeouts: MailboxCheckTimeouts = {
  totalMs: 60_000,
  tokenMs: 13_000,
  probeMs: 44_000,
};

// What the probe needs besides settings that are allowed.
const SECRET_STEP = {
  oauth: 'access-token',
  password: 'password-stored',
} as const;

/**
 * Checks a mailbox from what it is signed in with to the number of mails in
 * its folder, and says of the first fault who mends it. The mailbox and its
 * state stay as they are; the access token may be renewed, as at every visit.
 *
 * What the token endpoint said is for administrators, who see it at the
 * integration: here it is only decoded, not repeated.
 *
 * @param onProven - told where reading can start, where all went well
 */
export async function checkMailbox(
  mailbox: Mailbox,
  deps: MailboxCheckDeps,
  onProven?: (start: ReadingStart) => void,
): Promise<CheckReport> {
  const { totalMs, probeMs } = { ...defaultTimeouts, ...deps.timeouts };
  const { authentication } = mailbox;
  const integration =
    authentication.method === 'oauth'
      ? await deps.findIntegration(authentication.integrationId)
      : undefined;
  const secrets: { found?: Secret } = {};
  const steps: CheckStep[] = [
    ...(authentication.method === 'oauth'
      ? await grantSteps(mailbox, { integration, secrets }, deps)
      : passwordSteps(mailbox, secrets, deps)),
    ...probeSteps(mailbox, {
      integration,
      showDetail: deps.showDetail ?? true,
      probe: async signal =>
        secrets.found &&
        probeMailbox(mailbox, {
          secret: secrets.found,
          openSession: deps.openSession,
          signal,
          timeoutMs: probeMs,
          findsStart: onProven !== undefined,
        }),
      onProven,
    }),
  ];
  return runChecks(steps, { timeoutMs: totalMs });
}

/** From the integration to an access token. */
async function grantSteps(
  mailbox: Mailbox,
  found: {
    integration: OAuthIntegration | undefined;
    secrets: { found?: Secret };
  },
  deps: MailboxCheckDeps,
): Promise<CheckStep[]> {
  const { integration, secrets } = found;
  const grant = await deps.findGrant(mailbox.id);
  return [
    {
      id: 'integration-ready',
      title: 'The integration is complete',
      run: () => judgeIntegration(integration),
    },
    {
      id: 'settings-allowed',
      title: 'The integration allows address and server',
      needs: ['integration-ready'],
      run: () => judgeSettings(mailbox, integration, deps),
    },
    {
      id: 'grant-active',
      title: 'The mailbox is authorized',
      run: () => judgeGrant(grant, integration),
    },
    {
      id: SECRET_STEP.oauth,
      title: 'The provider gives access tokens',
      needs: ['integration-ready', 'grant-active'],
      run: async signal => {
        const result = await orFailure(() =>
          getToken(mailbox.id, signal, deps),
        );
        if (MailFailure.is(result)) {
          return explainFailure(result, {
            provider: integration?.provider,
            grantType: integration?.grantType,
            showDetail: false,
          });
        }
        secrets.found = result;
        return { verdict: 'passed' };
      },
    },
    {
      id: 'scopes-granted',
      title: 'What was allowed opens a mailbox',
      needs: ['integration-ready', 'grant-active'],
      run: () => judgeScopes(mailbox, integration, grant),
    },
  ];
}

/** The same for a mailbox that is signed in to by password. */
function passwordSteps(
  mailbox: Mailbox,
  secrets: { found?: Secret },
  deps: MailboxCheckDeps,
): CheckStep[] {
  return [
    {
      id: 'settings-allowed',
      title: 'Address and server can be used with a password',
      run: () => judgeSettings(mailbox, undefined, deps),
    },
    {
      id: SECRET_STEP.password,
      title: 'A password is stored',
      run: async () => {
        secrets.found = await deps.openPassword(mailbox.id);
        return { verdict: 'passed' };
      },
    },
  ];
}

/** A renewal that others wait for as well goes on after we gave up waiting. */
async function getToken(
  mailboxId: string,
  signal: AbortSignal,
  deps: MailboxCheckDeps,
): Promise<Secret> {
  const { tokenMs } = { ...defaultTimeouts, ...deps.timeouts };
  const deadline = AbortSignal.timeout(tokenMs);
  try {
    return await deps.accessToken(mailboxId, {
      signal: AbortSignal.any([deadline, signal]),
    });
  } catch (error) {
    throw deadline.aborted
      ? new MailFailure(
          'token-endpoint-unreachable',
          `No token for mailbox ${mailboxId} in ${tokenMs} ms`,
        )
      : error;
  }
}

function judgeIntegration(
  integration: OAuthIntegration | undefined,
): CheckResult {
  if (!integration?.ready) {
    return explainFailure({ code: 'integration-incomplete' });
  }
  const { fault } = integration;
  return fault
    ? {
        ...explainFailure(fault, {
          provider: integration.provider,
          grantType: integration.grantType,
          showDetail: false,
        }),
        // It was so at the last renewal; the next checks tell how it is now.
        verdict: 'warned',
      }
    : { verdict: 'passed', detail: integration.name };
}

function judgeSettings(
  mailbox: Mailbox,
  integration: OAuthIntegration | undefined,
  rules: { allowPlaintextLoopback: boolean },
): CheckResult {
  const faults = findMailboxFaults(mailbox, integration, rules);
  const { address, server } = mailbox;
  const subject = `${address} at ${server.host}:${server.port}`;
  return faults.length === 0
    ? { verdict: 'passed', detail: subject }
    : {
        verdict: 'failed',
        detail: `${subject}: ${faults
          .map(({ path, message }) => `${path} ${message}`)
          .join('; ')}`,
        remedy:
          'Correct the settings of the mailbox, or have an administrator change the integration.',
        failure: faults.some(({ path }) => path === 'address')
          ? 'domain-not-allowed'
          : 'host-not-allowed',
      };
}

function judgeGrant(
  grant: GrantFacts | undefined,
  integration: OAuthIntegration | undefined,
): CheckResult {
  if (!grant) {
    const result = explainFailure({ code: 'not-authorized-yet' });
    return integration?.grantType === 'client_credentials'
      ? { ...result, remedy: 'Press Connect; nobody has to authorize it.' }
      : result;
  }
  const { state, failureCode } = grant;
  if (state !== 'active') {
    return explainFailure({ code: failureCode ?? 'consent-revoked' });
  }
  return failureCode
    ? {
        ...explainFailure(
          { code: failureCode },
          {
            provider: integration?.provider,
            grantType: integration?.grantType,
          },
        ),
        verdict: 'warned',
      }
    : { verdict: 'passed' };
}

function judgeScopes(
  mailbox: Mailbox,
  integration: OAuthIntegration | undefined,
  grant: GrantFacts | undefined,
): CheckResult {
  return integration && grant
    ? judgeGrantedScopes({
        granted: grant.scopes,
        integration,
        protocol: mailbox.server.protocol,
      })
    : { verdict: 'skipped' };
}

const stageSteps: Readonly<Record<ProbeStage, { id: string; title: string }>> =
  {
    resolve: { id: 'server-found', title: 'The mail server is found' },
    connect: { id: 'server-connected', title: 'The mail server answers' },
    secure: { id: 'connection-secure', title: 'The connection is encrypted' },
    'sign-in': { id: 'signed-in', title: 'The mail server lets us in' },
    open: { id: 'folder-open', title: 'The folder can be opened' },
  };

/** A step for each stage of one probe, which the first of them runs. */
function probeSteps(
  mailbox: Mailbox,
  options: {
    integration: OAuthIntegration | undefined;
    showDetail: boolean;
    probe(signal: AbortSignal): Promise<ProbeOutcome | undefined>;
    onProven?(start: ReadingStart): void;
  },
): CheckStep[] {
  let outcome: Promise<ProbeOutcome | undefined> | undefined;
  const probeOnce = (signal: AbortSignal) => {
    outcome ??= options.probe(signal);
    return outcome;
  };
  const steps = probeStages.map((stage, index): CheckStep => {
    const before =
      index === 0
        ? ['settings-allowed', SECRET_STEP[mailbox.authentication.method]]
        : [stageSteps[probeStages[index - 1]].id];
    return {
      ...stageSteps[stage],
      needs: before,
      run: async signal => {
        const result = await probeOnce(signal);
        return result?.kind === 'failed' && result.stage === stage
          ? explainStage(result, options)
          : judgeGoodStage(stage, mailbox);
      },
    };
  });
  return [
    ...steps,
    {
      id: 'messages-counted',
      title: 'The mails in the folder are counted',
      needs: ['folder-open'],
      run: async signal => {
        const result = await probeOnce(signal);
        if (result?.kind !== 'succeeded') {
          return { verdict: 'skipped' };
        }
        if (result.start) {
          options.onProven?.(result.start);
        }
        return {
          verdict: 'passed',
          detail: `${result.opened.messageCount} in ${mailbox.folder}`,
        };
      },
    },
  ];
}

function explainStage(
  { stage, failure }: Extract<ProbeOutcome, { kind: 'failed' }>,
  options: { integration: OAuthIntegration | undefined; showDetail: boolean },
): CheckResult {
  const { integration, showDetail } = options;
  const hint =
    stage === 'sign-in' && failure.code === 'login-refused'
      ? integration && signInHintOf(integration)
      : undefined;
  return { ...explainFailure(failure, { showDetail }), ...hint };
}

function signInHintOf({ provider, grantType }: OAuthIntegration) {
  return grantType === 'client_credentials'
    ? applicationSignInHint
    : signInHints[provider];
}

function judgeGoodStage(stage: ProbeStage, mailbox: Mailbox): CheckResult {
  const { host, port, security } = mailbox.server;
  switch (stage) {
    case 'resolve':
      return { verdict: 'passed', detail: host };
    case 'connect':
      return { verdict: 'passed', detail: `${host}:${port}` };
    case 'secure':
      return security === 'none'
        ? {
            verdict: 'warned',
            detail:
              'It is not encrypted, which is possible to this very machine only: for development',
          }
        : { verdict: 'passed', detail: security.toUpperCase() };
    case 'sign-in':
      return { verdict: 'passed', detail: userOf(mailbox) };
    default:
      return { verdict: 'passed', detail: mailbox.folder };
  }
}

function userOf({ authentication, address }: Mailbox): string {
  return authentication.method === 'password'
    ? authentication.userName ?? address
    : address;
}
