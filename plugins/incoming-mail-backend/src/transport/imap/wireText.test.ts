// SPDX-License-Identifier: Apache-2.0
import { judgeFolder, judgeToken, judgeUser } from './wireText';

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
