// SPDX-License-Identifier: Apache-2.0
import { inspect } from 'node:util';
import { MailFailure } from '@postroom/plugin-incoming-mail-node';
import { DeadlineError } from '../../egress';
import { FailureContext, toMailFailure } from './imapFailures';

const context: FailureContext = { stage: 'list', server: 'imap.test:993' };

const failed = (fields: object, message = 'Command failed') =>
  Object.assign(new Error(message), fields);

const loginRefused = (serverResponseCode?: string, responseText = 'no') =>
  failed({
    authenticationFailed: true,
    responseStatus: 'NO',
    serverResponseCode,
    responseText,
  });

const connectionGone = failed(
  { code: 'NoConnection', rejectedFrom: 'pendingRequest' },
  'Connection not available',
);

const coded = (code: string) => failed({ code }, code);

describe('toMailFailure', () => {
  it.each<[string, unknown, Partial<FailureContext>, string]>([
    // Signing in
    [
      'a refused login',
      loginRefused('AUTHENTICATIONFAILED'),
      {},
      'login-refused',
    ],
    ['one without a code', loginRefused(), {}, 'login-refused'],
    [
      'one that may not',
      loginRefused('AUTHORIZATIONFAILED'),
      {},
      'login-refused',
    ],
    ['an expired one', loginRefused('EXPIRED'), {}, 'login-refused'],
    [
      'UNAVAILABLE at login',
      loginRefused('UNAVAILABLE'),
      {},
      'server-unavailable',
    ],
    ['INUSE at login', loginRefused('INUSE'), {}, 'server-unavailable'],
    ['SERVERBUG at login', loginRefused('SERVERBUG'), {}, 'server-unavailable'],
    [
      'CONTACTADMIN at login',
      loginRefused('CONTACTADMIN'),
      {},
      'server-unavailable',
    ],
    ['LIMIT at login', loginRefused('LIMIT'), {}, 'throttled'],
    ['THROTTLED at login', loginRefused('THROTTLED'), {}, 'throttled'],
    ['OVERQUOTA at login', loginRefused('OVERQUOTA'), {}, 'throttled'],
    [
      'too many sessions (Gmail)',
      loginRefused('ALERT', 'Too many simultaneous connections. (Failure)'),
      {},
      'throttled',
    ],
    [
      'no mailbox at login (Exchange)',
      failed({
        authenticationFailed: true,
        responseStatus: 'BAD',
        responseText: 'User is authenticated but not connected.',
      }),
      {},
      'server-unavailable',
    ],
    [
      'no mailbox at NAMESPACE (Exchange)',
      failed({
        authenticationFailed: true,
        response: 'User is authenticated but not connected.',
      }),
      {},
      'server-unavailable',
    ],
    [
      'a BYE during login',
      failed({ authenticationFailed: true }, 'Already logged out'),
      {},
      'connection-lost',
    ],
    [
      'no OAuth mechanism',
      new Error('Unsupported authentication mechanism'),
      {},
      'protocol-error',
    ],
    // Commands
    [
      'a folder that is not there',
      failed({ responseStatus: 'NO', serverResponseCode: 'NONEXISTENT' }),
      { stage: 'open' },
      'folder-not-found',
    ],
    [
      'a folder that could be made',
      failed({ responseStatus: 'NO', serverResponseCode: 'TRYCREATE' }),
      { stage: 'open' },
      'folder-not-found',
    ],
    [
      'a refused folder',
      failed({ responseStatus: 'NO' }),
      { stage: 'open' },
      'folder-not-found',
    ],
    [
      'a folder on a tired server',
      failed({ responseStatus: 'NO', serverResponseCode: 'UNAVAILABLE' }),
      { stage: 'open' },
      'server-unavailable',
    ],
    [
      'a refused search',
      failed({ responseStatus: 'NO' }),
      {},
      'server-unavailable',
    ],
    ['BAD', failed({ responseStatus: 'BAD' }), {}, 'protocol-error'],
    [
      'a throttled command',
      failed({ code: 'ETHROTTLE', responseStatus: 'BAD' }),
      {},
      'throttled',
    ],
    // The connection
    ['ECONNREFUSED', coded('ECONNREFUSED'), {}, 'connection-refused'],
    ['ETIMEDOUT', coded('ETIMEDOUT'), {}, 'connection-timed-out'],
    ['CONNECT_TIMEOUT', coded('CONNECT_TIMEOUT'), {}, 'connection-timed-out'],
    ['GREETING_TIMEOUT', coded('GREETING_TIMEOUT'), {}, 'connection-timed-out'],
    ['UPGRADE_TIMEOUT', coded('UPGRADE_TIMEOUT'), {}, 'connection-timed-out'],
    ['ENOTFOUND', coded('ENOTFOUND'), {}, 'host-not-found'],
    ['a bad certificate', coded('CERT_HAS_EXPIRED'), {}, 'tls-failed'],
    ['missing STARTTLS', failed({ tlsFailed: true }), {}, 'tls-failed'],
    [
      'a close before the greeting',
      coded('ClosedAfterConnectTLS'),
      {},
      'connection-lost',
    ],
    [
      'a BYE as greeting',
      failed({ code: 'ClosedAfterConnectTLS', reason: 'Maintenance' }),
      {},
      'server-unavailable',
    ],
    [
      'a BYE of a busy server',
      failed({ code: 'NoConnection', reason: 'Too many connections' }),
      {},
      'throttled',
    ],
    ['a lost connection', connectionGone, {}, 'connection-lost'],
    [
      'a reset',
      connectionGone,
      { connectionError: coded('ECONNRESET') },
      'connection-lost',
    ],
    [
      'silence',
      connectionGone,
      { connectionError: coded('ETIMEOUT') },
      'connection-timed-out',
    ],
    [
      'too large a literal',
      connectionGone,
      { connectionError: coded('LiteralTooLarge') },
      'protocol-error',
    ],
    ['what does not parse', coded('ParserError11'), {}, 'protocol-error'],
    // Ended by ourselves
    [
      'a deadline',
      connectionGone,
      { interruption: new DeadlineError('over') },
      'connection-timed-out',
    ],
    [
      'an abort',
      connectionGone,
      { interruption: 'stopped' },
      'connection-lost',
    ],
    [
      'a deadline while throttled',
      failed({ code: 'NoConnection', rejectedFrom: 'throttleAbort' }),
      { interruption: new DeadlineError('over') },
      'throttled',
    ],
    // Ourselves
    [
      'a mistake of ours',
      new TypeError('x is not a function'),
      {},
      'internal-error',
    ],
    ['nothing at all', undefined, {}, 'internal-error'],
  ])('reads %s', (_name, error, more, code) => {
    expect(toMailFailure(error, { ...context, ...more })).toMatchObject({
      name: 'MailFailure',
      code,
    });
  });

  it('lets a failure pass as it is', () => {
    const failure = new MailFailure('host-not-allowed', 'no');
    expect(toMailFailure(failure, context)).toBe(failure);
  });

  it('takes the time to stay away from the server, up to an hour', () => {
    const throttled = (fields: object) =>
      toMailFailure(failed({ responseStatus: 'BAD', ...fields }), context)
        .retryAfterMs;

    expect(throttled({ code: 'ETHROTTLE', throttleReset: 92_415 })).toBe(
      92_415,
    );
    expect(throttled({ code: 'ETHROTTLE', throttleReset: 10 ** 9 })).toBe(
      3_600_000,
    );
    expect(
      throttled({
        responseText:
          'Request is throttled. Suggested Backoff Time: 5000 milliseconds',
      }),
    ).toBe(5000);
    expect(
      throttled({ responseText: 'Request is throttled.' }),
    ).toBeUndefined();
  });

  it('repeats neither a token nor the command', () => {
    const token = 'tok-123';
    const payload = Buffer.from(`user=a\x01auth=Bearer ${token}`.repeat(2));
    const failure = toMailFailure(
      failed(
        {
          responseStatus: 'BAD',
          executedCommand: `1 AUTHENTICATE XOAUTH2 ${payload.toString(
            'base64',
          )}`,
          responseText: `what is ${token}? And ${payload.toString('base64')}?`,
          response: `1 BAD what is ${token}?`,
          oauthError: { token },
        },
        `Command failed with ${token}`,
      ),
      { ...context, secret: token },
    );

    expect(failure.detail).toBe('what is [secret]? And […]?');
    const printed = inspect(failure, { depth: 10 }) + failure.message;
    expect(printed).not.toContain(token);
    expect(printed).not.toContain(payload.toString('base64'));
    expect(printed).not.toContain('AUTHENTICATE');
  });
});
