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
import { bad, no, ok, type ImapReply } from '../ImapReply';
import type { ImapSession } from '../ImapSession';
import { textOf, utf8Of } from '../values';
import { capabilityList } from './capabilities';
import type { ImapCommandSpec } from './ImapCommandSpec';

/** Commands before the login. */
export const loginCommands: Readonly<Record<string, ImapCommandSpec>> = {
  LOGIN: {
    state: 'not-authenticated',
    async run(session, { args }) {
      const verdict = await judge(session, {
        kind: 'password',
        user: utf8Of(args[0]),
        password: utf8Of(args[1]),
      });
      return conclude(session, verdict);
    },
  },

  STARTTLS: {
    state: 'not-authenticated',
    async run(session) {
      if (!session.offersStartTls) return bad('TLS is not on offer here');
      session.encryptNext();
      return ok('Begin the handshake');
    },
  },

  AUTHENTICATE: {
    state: 'not-authenticated',
    async run(session, { args }) {
      const name = textOf(args[0]).toUpperCase();
      const mechanism = saslMechanisms.find(known => known === name);
      if (!mechanism || !session.services.mechanisms.includes(mechanism)) {
        return no('This mechanism is not offered', 'CANNOT');
      }
      const initial = args[1] && textOf(args[1]);
      const message = initial ?? (await ask(session));
      if (message === undefined || message === '*') return bad('Cancelled');
      return authenticate(session, mechanism, message);
    },
  },
};

/** Asks for the client's message when it did not come with the command. */
async function ask(session: ImapSession): Promise<string | undefined> {
  await session.sendLine('+ ');
  return session.readLine();
}

async function authenticate(
  session: ImapSession,
  mechanism: SaslMechanism,
  message: string,
): Promise<ImapReply> {
  const decoded = decodeBase64(message);
  const credentials =
    decoded === undefined ? undefined : parseSasl(mechanism, decoded);
  if (!credentials) return bad('This is not a message of the mechanism');
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
  session: ImapSession,
  credentials: SaslCredentials,
): Promise<LoginVerdict> {
  const { services } = session;
  return services.faults.current.imapRefuseLogin
    ? { kind: 'refused' }
    : judgeLogin(services, credentials);
}

function conclude(session: ImapSession, verdict: LoginVerdict): ImapReply {
  const { stats, faults } = session.services;
  if (verdict.kind === 'accepted') {
    stats.countLogin('imap', 'accepted');
    session.login(verdict.account);
    return ok('Logged in', capabilityList(session));
  }
  stats.countLogin('imap', 'refused');
  if (faults.current.loginRefusal === 'microsoft') {
    return no('AUTHENTICATE failed.');
  }
  return verdict.kind === 'refused'
    ? no('Authentication failed', 'AUTHENTICATIONFAILED')
    : no('The token could not be checked', 'UNAVAILABLE');
}
