// SPDX-License-Identifier: Apache-2.0
import { MailFailure } from './MailFailure';

describe('MailFailure', () => {
  it('keeps foreign words in one short line, without what steers a terminal (T57)', () => {
    const said =
      'no\r\n2026-11-23 error: all is lost\x1b[2J\x1b[31m\x9b1m\u2028<script>alert(1)</script>\0';
    const { detail } = new MailFailure('login-refused', 'It was refused', {
      detail: `${said}${'x'.repeat(10_000)}`,
    });
    expect(detail).toMatch(
      /^no 2026-11-23 error: all is lost \[2J \[31m 1m <script>alert\(1\)<\/script> x+$/,
    );
    expect(detail).toHaveLength(300);
    // One record of a log that is read by machines, whatever it says.
    expect(JSON.stringify({ detail }).split(/[\r\n]/)).toHaveLength(1);
    // What is harmless stays as it is.
    const plain = new MailFailure('login-refused', 'It was refused', {
      detail: 'Ungültig “x”',
    });
    expect(plain.detail).toBe('Ungültig “x”');
  });
});
