// SPDX-License-Identifier: Apache-2.0
import { demoPassword } from '../../accounts';
import { bad, no, ok, type ImapReply } from '../ImapReply';
import type { ImapSession } from '../ImapSession';
import type { MailAccount } from '../MailStore';
import {
  decodeBase64,
  parseSasl,
  saslMechanisms,
  tokenRefusedChallenge,
  type SaslCredentials,
  type SaslMechanism,
} from '../sasl';
import { textOf, utf8Of } from '../values';
import { capabilityList } from './capabilities';
import type { ImapCommandSpec } from './ImapCommandSpec';

type LoginVerdict =
  | { readonly kind: 'accepted'; readonly account: MailAccount }
  | { readonly kind: 'refused' | 'unavailable' };

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
  if (verdict.kind === 'refused' && credentials.kind === 'token') {
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
  const { mail, faults, checkToken } = session.services;
  const account = mail.find(credentials.user);
  if (!account || faults.current.imapRefuseLogin) return { kind: 'refused' };
  if (credentials.kind === 'password') {
    return credentials.password === demoPassword
      ? { kind: 'accepted', account }
      : { kind: 'refused' };
  }
  const verdict = await checkToken(credentials.token, account.address);
  return verdict === 'accepted'
    ? { kind: verdict, account }
    : { kind: verdict };
}

function conclude(session: ImapSession, verdict: LoginVerdict): ImapReply {
  const { stats } = session.services;
  if (verdict.kind === 'accepted') {
    stats.countLogin('accepted');
    session.login(verdict.account);
    return ok('Logged in', capabilityList(session));
  }
  stats.countLogin('refused');
  return verdict.kind === 'refused'
    ? no('Authentication failed', 'AUTHENTICATIONFAILED')
    : no('The token could not be checked', 'UNAVAILABLE');
}
