// SPDX-License-Identifier: Apache-2.0
import { Secret } from '../secrets';
import {
  judgeCredentials,
  judgeFolder,
  judgePassword,
  judgeToken,
  judgeUser,
} from './wireText';

describe('judgeUser', () => {
  it.each([
    ['support@corp.example'],
    ['a+b=c,d@corp.example'],
    ['jürgen@müller.example'],
  ])('lets %s pass', user => expect(() => judgeUser(user)).not.toThrow());

  it.each([
    ['a@b.example\x01auth=Bearer stolen'],
    ['a@b.example\r\nA1 DELETE INBOX'],
    ['a@b.example\0'],
    ['a\x85@b.example'],
    [''],
    ['a'.repeat(321)],
  ])('stops %j', user =>
    expect(() => judgeUser(user)).toThrow(
      expect.objectContaining({ code: 'login-refused' }),
    ),
  );
});

describe('judgeToken', () => {
  it.each([
    ['ya29.a0AfB_by-C~d/e+f=='],
    ['eyJhbGciOi.J9.x|y'],
    ['x'.repeat(4096)],
  ])('lets %s pass', token => expect(() => judgeToken(token)).not.toThrow());

  it.each([['a\x01b'], ['a b'], ['a\r\nb'], ['ä'], [''], ['x'.repeat(20_000)]])(
    'stops %j without repeating it',
    token => {
      expect(() => judgeToken(token)).toThrow(
        expect.objectContaining({
          code: 'token-reply-unusable',
          message: expect.not.stringContaining(token || 'never'),
        }),
      );
    },
  );
});

describe('judgePassword', () => {
  it.each([['hunter2'], ['Pass wörd \\"{3}'], ['x'.repeat(1024)]])(
    'lets %s pass',
    password => expect(() => judgePassword(password)).not.toThrow(),
  );

  it.each([['a\0b'], ['a\r\nRETR 1'], ['x\x7f'], [''], ['x'.repeat(1025)]])(
    'stops %j without repeating it',
    password =>
      expect(() => judgePassword(password)).toThrow(
        expect.objectContaining({
          code: 'login-refused',
          message: expect.not.stringContaining(password || 'never'),
        }),
      ),
  );
});

describe('judgeCredentials', () => {
  it('judges what the method sends (T55)', () => {
    const user = 'support@corp.example';
    const token = new Secret('a token');
    expect(() =>
      judgeCredentials({ method: 'oauth', user, accessToken: token }),
    ).toThrow(expect.objectContaining({ code: 'token-reply-unusable' }));
    expect(() =>
      judgeCredentials({ method: 'password', user, password: token }),
    ).not.toThrow();
    expect(() =>
      judgeCredentials({ method: 'password', user: 'a\0b', password: token }),
    ).toThrow(expect.objectContaining({ code: 'login-refused' }));
  });
});

describe('judgeFolder', () => {
  it.each([['INBOX'], ['Eingang/Büro & Co'], ['[Gmail]/All Mail'], ['a"b\\c']])(
    'lets %s pass',
    folder => expect(() => judgeFolder(folder)).not.toThrow(),
  );

  it.each([['INBOX"\r\nA2 DELETE x'], ['a\0b'], ['a\u2028b'], ['']])(
    'stops %j',
    folder =>
      expect(() => judgeFolder(folder)).toThrow(
        expect.objectContaining({ code: 'folder-not-found' }),
      ),
  );
});
