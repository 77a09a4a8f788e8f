// SPDX-License-Identifier: Apache-2.0
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// Processes start slowly on a busy machine.
jest.setTimeout(60_000);

const children: ChildProcess[] = [];
let stateDir: string;

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'mail-sandbox-'));
});

afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  rmSync(stateDir, { recursive: true });
});

interface Running {
  readonly child: ChildProcess;
  readonly httpPort: string;
}

function run(environment: Record<string, string>): ChildProcess {
  const child = spawn(
    process.execPath,
    [
      '--require',
      require.resolve('@backstage/cli/config/nodeTransform.cjs'),
      join(__dirname, 'main.ts'),
    ],
    {
      env: {
        ...process.env,
        // Jest's own; the child is no test.
        NODE_ENV: 'development',
        MAIL_SANDBOX_IMAP_PORT: '0',
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  children.push(child);
  return child;
}

async function firstLine(stream: NodeJS.ReadableStream | null) {
  for await (const chunk of stream ?? []) return String(chunk);
  return '';
}

async function start(httpPort = '0'): Promise<Running> {
  const child = run({
    MAIL_SANDBOX_HTTP_PORT: httpPort,
    MAIL_SANDBOX_STATE: stateDir,
  });
  const line = await firstLine(child.stdout);
  const ready =
    /^mail sandbox: http:\/\/localhost:(\d+) {2}imap 127\.0\.0\.1:\d+ {2}imaps :\d+ {2}starttls :\d+ {2}pop3 :\d+ {2}pop3s :\d+\n$/.exec(
      line,
    );
  if (!ready) throw new Error(`Not ready: ${line}`);
  return { child, httpPort: ready[1] };
}

describe('the process', () => {
  it('loses no mail by SIGKILL, and ends well by SIGTERM', async () => {
    const { child, httpPort } = await start();
    const messages = `http://localhost:${httpPort}/api/messages?to=support@corp.test`;
    const deliver = async () => {
      const response = await fetch(messages, {
        method: 'POST',
        headers: { 'content-type': 'message/rfc822' },
        body: 'Subject: x\r\n\r\n',
      });
      return response.json();
    };
    for (let uid = 1; uid <= 20; uid += 1) {
      expect(await deliver()).toEqual({ uid });
    }
    child.kill('SIGKILL');
    await once(child, 'exit');

    const again = await start(httpPort);
    expect(await deliver()).toEqual({ uid: 21 });
    again.child.kill('SIGTERM');
    expect(await once(again.child, 'exit')).toEqual([0, null]);
  });

  it('starts beside another one, which has the usual ports of the other servers', async () => {
    const first = await start();
    const second = await start();
    expect(second.httpPort).not.toBe(first.httpPort);
  });

  it('says in one sentence that a port is taken', async () => {
    const { httpPort } = await start();
    const second = run({ MAIL_SANDBOX_HTTP_PORT: httpPort });
    const [said] = await Promise.all([
      firstLine(second.stderr),
      once(second, 'exit'),
    ]);
    expect(said).toMatch(
      new RegExp(`^Port ${httpPort} is taken\\. [^\\n]*\\n$`),
    );
    expect(second.exitCode).toBe(1);
  });
});
