// SPDX-License-Identifier: Apache-2.0
import { judgeLogin, type LoginVerdict } from '../../login/judgeLogin';
import {
  decodeBase64,
  parseSasl,
  saslMechanisms,
  tokenRefusedChallenge,
  type SaslCredentials,
  type SaslMechanism,
} from '../../login/sasl';
import { listing, ok, refused, type Pop3Reply } from '../Pop3Reply';
import type { Pop3Session } from '../Pop3Session';
import type { Pop3Commands } from './Pop3CommandSpec';

/** Commands before the login. */
export const loginCommands: Pop3Commands = {
  USER: {
    state: 'authorization',
    async run(session, argument) {
      if (argument === '') return refused('Which user?');
      session.user = argument;
      // The same for everybody: who has a mailbox is nobody's business.
      return ok('Say the password');
    },
  },

  PASS: {
    state: 'authorization',
    async run(session, password) {
      const { user } = session;
      session.user = undefined;
      if (user === undefined) return refused('Say USER first');
      const credentials = { kind: 'password', user, password } as const;
      return conclude(session, await judge(session, credentials));
    },
  },

  /** RFC 5034; without an argument it lists the mechanisms, as servers do. */
  AUTH: {
    state: 'authorization',
    async run(session, argument) {
      const { mechanisms } = session.services;
      if (argument === '') return listing('Mechanisms', mechanisms);
      const [name, initial] = argument.split(' ');
      const mechanism = saslMechanisms.find(
        known => known === name.toUpperCase(),
      );
      if (!mechanism || !mechanisms.includes(mechanism)) {
        return refused('This mechanism is not offered');
      }
      const message = initial ?? (await ask(session));
      if (message === undefined || message === '*') return refused('Cancelled');
      // RFC 5034 section 4: an initial response that is empty is one `=`.
      return authenticate(session, mechanism, message === '=' ? '' : message);
    },
  },
};

/** Asks for the client's message when it did not come with the command. */
async function ask(session: Pop3Session): Promise<string | undefined> {
  await session.sendLine('+ ');
  return session.readLine();
}

async function authenticate(
  session: Pop3Session,
  mechanism: SaslMechanism,
  message: string,
): Promise<Pop3Reply> {
  const decoded = decodeBase64(message);
  const credentials =
    decoded === undefined ? undefined : parseSasl(mechanism, decoded);
  if (!credentials) return refused('This is not a message of the mechanism');
  const verdict = await judge(session, credentials);
  const { loginRefusal } = session.services.faults.current;
  if (
    verdict.kind === 'refused' &&
    credentials.kind === 'token' &&
    loginRefusal !== 'microsoft'
  ) {
    // RFC 7628 section 3.2.3, and Google for XOAUTH2: first the reason, then
    // whatever the client answers to it, then the refusal itself.
    await session.sendLine(`+ ${tokenRefusedChallenge(mechanism)}`);
    await session.readLine();
  }
  return conclude(session, verdict);
}

async function judge(
  { services }: Pop3Session,
  credentials: SaslCredentials,
): Promise<LoginVerdict> {
  return services.faults.current.pop3RefuseLogin === 'AUTH'
    ? { kind: 'refused' }
    : judgeLogin(services, credentials);
}

function conclude(session: Pop3Session, verdict: LoginVerdict): Pop3Reply {
  const reply = replyTo(session, verdict);
  const outcome = reply.status === '+OK' ? 'accepted' : 'refused';
  session.services.stats.countLogin('pop3', outcome);
  return reply;
}

function replyTo(session: Pop3Session, verdict: LoginVerdict): Pop3Reply {
  const { pop3RefuseLogin, loginRefusal } = session.services.faults.current;
  if (verdict.kind === 'refused') {
    return loginRefusal === 'microsoft'
      ? refused('Authentication failure: unknown user name or bad password.')
      : refused('Authentication failed', 'AUTH');
  }
  if (verdict.kind !== 'accepted') {
    return refused('The token could not be checked', 'SYS/TEMP');
  }
  if (pop3RefuseLogin) return refused('Not now', pop3RefuseLogin);
  return session.login(verdict.account)
    ? ok('Logged in')
    : refused('Another session has this mailbox', 'IN-USE');
}
