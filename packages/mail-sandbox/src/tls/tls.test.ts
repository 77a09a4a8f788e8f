// SPDX-License-Identifier: Apache-2.0
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { RawConnection } from '../__testUtils__/RawConnection';
import { TestSandbox } from '../__testUtils__/TestSandbox';
import { CertificateAuthority } from './CertificateAuthority';

let sandbox: TestSandbox | undefined;
let stateDir: string | undefined;
const peers: RawConnection[] = [];

afterEach(async () => {
  for (const peer of peers.splice(0)) peer.destroy();
  await sandbox?.close();
  sandbox = undefined;
  if (stateDir) rmSync(stateDir, { recursive: true });
  stateDir = undefined;
});

async function start(options?: Parameters<typeof TestSandbox.start>[0]) {
  sandbox = await TestSandbox.start(options);
  return sandbox;
}

/** What a client says about the certificate that it is shown. */
async function handshake(
  running: TestSandbox,
  host = 'localhost',
  servername = host,
): Promise<string> {
  return new Promise(resolve => {
    const socket = connectTls({
      ...{ host, servername: host === servername ? undefined : servername },
      port: running.imapsPort,
      ca: running.ca,
    });
    peers.push(new RawConnection(socket));
    socket.once('secureConnect', () => resolve('trusted'));
    socket.once('error', error =>
      resolve('code' in error ? String(error.code) : error.message),
    );
  });
}

describe('TLS', () => {
  it('has certificates that are what they ought to be', () => {
    const authority = CertificateAuthority.create();
    const root = new X509Certificate(authority.certificate);
    const names = ['mail.corp.test', '127.0.0.1', '2001:db8::a:1', '::1'];
    const issued = authority.issue({ names });
    const server = new X509Certificate(issued.cert);
    expect(root.ca).toBe(true);
    expect(root.verify(root.publicKey)).toBe(true);
    expect(server.ca).toBe(false);
    expect(server.verify(root.publicKey)).toBe(true);
    expect(server.checkIssued(root)).toBe(true);
    expect(server.checkHost('mail.corp.test')).toBe('mail.corp.test');
    expect(server.checkHost('corp.test')).toBeUndefined();
    for (const ip of ['127.0.0.1', '2001:db8::a:1', '::1']) {
      expect(server.checkIP(ip)).toBe(ip);
    }
    expect(server.checkIP('127.0.0.2')).toBeUndefined();
    expect(server.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
    expect(Date.parse(server.validTo)).toBeGreaterThan(Date.now());
    const expired = authority.issue({ names, isExpired: true });
    expect(Date.parse(new X509Certificate(expired.cert).validTo)).toBeLessThan(
      Date.now(),
    );
  });

  it('lets clients in by IMAPS and STARTTLS that trust the authority', async () => {
    const running = await start();
    for (const [port, secure] of [
      [running.imapsPort, true],
      [running.imapStartTlsPort, false],
    ] as const) {
      const client = await running.connectImap(undefined, {
        ...{ port, secure, host: 'localhost' },
        ...(secure ? {} : { doSTARTTLS: true }),
        tls: { ca: running.ca },
      });
      expect(client.secureConnection).toBe(true);
      await client.mailboxOpen('INBOX');
      await client.logout();
      await expect(
        running.connectImap(undefined, {
          ...{ port, secure, host: 'localhost' },
          ...(secure ? {} : { doSTARTTLS: true }),
        }),
      ).rejects.toThrow();
    }
  });

  it.each([
    ['expired', 'CERT_HAS_EXPIRED'],
    ['wrong-name', 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['unknown-authority', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  ])('shows a certificate that is %s by fault', async (flaw, code) => {
    const running = await start();
    expect(await handshake(running)).toBe('trusted');
    expect(await handshake(running, '127.0.0.1')).toBe('trusted');
    await running.api('PUT', '/faults', { tlsCertificate: flaw });
    expect(await handshake(running)).toBe(code);
    await running.api('DELETE', '/faults');
    expect(await handshake(running)).toBe('trusted');
  });

  it('is for the names that it is told, too', async () => {
    const running = await start({ tlsNames: ['imap.corp.test'] });
    expect(await handshake(running, '127.0.0.1', 'imap.corp.test')).toBe(
      'trusted',
    );
    expect(await handshake(running, '127.0.0.1', 'pop.corp.test')).toBe(
      'ERR_TLS_CERT_ALTNAME_INVALID',
    );
  });

  it('leaves a handshake without an answer by fault', async () => {
    const running = await start();
    await running.api('PUT', '/faults', { tlsSilent: true });
    const socket = connectTls({ port: running.imapsPort, ca: running.ca });
    let isSecure = false;
    socket.once('secureConnect', () => {
      isSecure = true;
    });
    const peer = new RawConnection(socket);
    peers.push(peer);
    await new Promise(resolve => {
      socket.once('connect', resolve);
    });
    await running.api('DELETE', '/faults');
    // Others get through meanwhile; this one waits until somebody ends it.
    expect(await handshake(running)).toBe('trusted');
    expect(isSecure).toBe(false);
    await running.close();
    sandbox = undefined;
    await peer.closed();
  });

  it('drops what was slipped in behind STARTTLS (CVE-2011-0411)', async () => {
    const running = await start();
    const raw = connect(running.imapStartTlsPort, '127.0.0.1');
    const plain = new RawConnection(raw);
    peers.push(plain);
    expect(await plain.until(/^\* OK/)).toContain('STARTTLS');
    plain.send('a STARTTLS\r\nb CAPABILITY\r\nc CAP');
    expect(await plain.until(/^a /)).toBe('a OK Begin the handshake\r\n');
    raw.removeAllListeners('data');
    const socket = connectTls({
      socket: raw,
      servername: 'localhost',
      ca: running.ca,
    });
    const secure = new RawConnection(socket);
    peers.push(secure);
    secure.send('d CAPABILITY\r\n');
    const reply = await secure.until(/^d OK/);
    expect(reply).toMatch(/^\* CAPABILITY /);
    expect(reply).not.toContain('STARTTLS');
    expect(reply).not.toMatch(/^b /m);
    secure.send('e STARTTLS\r\n');
    expect(await secure.until(/^e /)).toContain('e BAD');
    expect(
      await secure.send('f LOGIN support@corp.test sandbox\r\n').until(/^f /),
    ).toContain('f OK');

    const other = new RawConnection(connect(running.imapPort, '127.0.0.1'));
    peers.push(other);
    expect(await other.until(/^\* OK/)).not.toContain('STARTTLS');
    expect(await other.send('a STARTTLS\r\n').until(/^a /)).toContain('a BAD');
  });

  it('keeps the authority over a restart, and tells it to whoever asks', async () => {
    stateDir = mkdtempSync(join(tmpdir(), 'mail-sandbox-'));
    const running = await start({ stateDir });
    const { ca } = running;
    expect(readFileSync(join(stateDir, 'ca.pem'), 'utf8')).toBe(ca);
    expect(statSync(join(stateDir, 'tls.json')).mode & 0o077).toBe(0);
    expect(await running.api('GET', '/ca')).toEqual({ ca });
    const page = await fetch(`${running.origin}/ca.pem`);
    expect(await page.text()).toBe(ca);
    await running.close();
    const again = await start({ stateDir });
    expect(again.ca).toBe(ca);
    expect(await handshake(again)).toBe('trusted');
  });
});
