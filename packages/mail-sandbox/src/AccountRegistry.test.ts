// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RawConnection } from './__testUtils__/RawConnection';
import { TestSandbox } from './__testUtils__/TestSandbox';

let sandbox: TestSandbox;
let stateDir: string;
const peers: RawConnection[] = [];

beforeEach(async () => {
  stateDir = mkdtempSync(join(tmpdir(), 'mail-sandbox-'));
  sandbox = await TestSandbox.start({ stateDir });
});

afterEach(async () => {
  for (const peer of peers.splice(0)) peer.destroy();
  await sandbox.close();
  rmSync(stateDir, { recursive: true });
});

/** What POP3 answers to a password. */
async function pop3Says(user: string, password: string): Promise<string> {
  const peer = new RawConnection(connect(sandbox.pop3Port, '127.0.0.1'));
  peers.push(peer);
  await peer.until(/^\+OK/);
  await peer.send(`USER ${user}\r\n`).until(/^\+OK/);
  return peer.send(`PASS ${password}\r\n`).until(/^[+-]/);
}

describe('accounts', () => {
  it('open to the password that they were added with, also after a restart', async () => {
    sandbox.addAccount({ address: 'Ada@New.test', password: 'größer als 1' });
    const check = async () => {
      const right = { user: 'ada@new.test', pass: 'größer als 1' };
      await (await sandbox.connectImap(right)).logout();
      await expect(
        sandbox.connectImap({ ...right, pass: 'sandbox' }),
      ).rejects.toMatchObject({
        authenticationFailed: true,
        serverResponseCode: 'AUTHENTICATIONFAILED',
      });
      const latin1 = Buffer.from('größer als 1').toString('latin1');
      expect(await pop3Says('ADA@new.test', latin1)).toMatch(/^\+OK/);
      expect(await pop3Says('ada@new.test', 'sandbox')).toMatch(
        /^-ERR \[AUTH\]/,
      );
    };
    await check();
    await sandbox.close();
    sandbox = await TestSandbox.start({ stateDir });
    await check();
  });

  it('open to tokens alone where they have no password', async () => {
    const address = 'tokens@new.test';
    expect(
      await sandbox.api('POST', '/accounts', { address, name: 'Tokens' }),
    ).toEqual({ address, name: 'Tokens' });
    expect(await sandbox.api('GET', '/accounts')).toContainEqual({
      address,
      name: 'Tokens',
    });
    for (const pass of ['', 'sandbox', 'undefined']) {
      await expect(
        sandbox.connectImap({ user: address, pass }),
      ).rejects.toThrow();
      expect(await pop3Says(address, pass)).toMatch(/^-ERR \[AUTH\]/);
    }
    const { tokens } = await sandbox.authorize(address);
    const client = await sandbox.connectImap({
      user: address,
      accessToken: tokens.access_token,
    });
    await client.logout();
    expect(await sandbox.deliver(address, 'Subject: x\r\n\r\n')).toBe(1);
  });

  it('are refused where the address is none or taken', async () => {
    expect(() => sandbox.addAccount({ address: 'nobody' })).toThrow();
    const address = 'SUPPORT@corp.test';
    expect(() => sandbox.addAccount({ address })).toThrow('no room');
    await expect(sandbox.api('POST', '/accounts', { address })).rejects.toThrow(
      '409',
    );
    await expect(
      sandbox.api('POST', '/accounts', { address: 'x', password: '' }),
    ).rejects.toThrow('400');
  });
});
