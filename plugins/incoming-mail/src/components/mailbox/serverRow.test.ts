// SPDX-License-Identifier: Apache-2.0
import { imapHost } from '../../__testUtils__/samples';
import { fromServerRow, toServerRow, withServerChange } from './serverRow';

const row = toServerRow(imapHost);

describe('withServerChange', () => {
  it('lets a usual port follow protocol and security, not a typed one', () => {
    expect(withServerChange(row, { protocol: 'pop3' }).port).toBe('995');
    expect(withServerChange(row, { security: 'starttls' }).port).toBe('143');
    const typed = withServerChange(row, { port: '1993' });
    expect(withServerChange(typed, { protocol: 'pop3' }).port).toBe('1993');
  });

  it('leaves POP3 without STARTTLS', () => {
    const starttls = withServerChange(row, { security: 'starttls' });
    expect(withServerChange(starttls, { protocol: 'pop3' })).toMatchObject({
      security: 'tls',
      port: '995',
    });
  });
});

describe('fromServerRow', () => {
  it('reads a port only where it is a number', () => {
    const typed = { ...row, host: ' IMAP.corp.test ', port: ' 993 ' };
    expect(fromServerRow(typed)).toEqual(imapHost);
    expect(fromServerRow({ ...row, port: '0x3e1' }).port).toBeNaN();
    expect(fromServerRow({ ...row, port: '' }).port).toBeNaN();
  });
});
