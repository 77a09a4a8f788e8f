// SPDX-License-Identifier: Apache-2.0
import { GOOD_TOKEN } from '../__testUtils__/scriptedImapServer';
import { ScriptedPop3Server } from '../__testUtils__/scriptedPop3Server';
import { createHostPolicy } from '../egress';
import { Secret } from '../secrets';
import { headDigest } from './headDigest';
import { createOpenSession } from './openSession';
import { findReadingStart } from './readingStart';

describe('findReadingStart', () => {
  let server: ScriptedPop3Server;

  beforeEach(async () => {
    server = await new ScriptedPop3Server().start();
  });
  afterEach(async () => {
    await server.hungUp();
    await server.stop();
  });

  async function find() {
    const session = await createOpenSession({
      policy: createHostPolicy({ allowPrivate: ['127.0.0.1'] }),
      allowPlaintextLoopback: true,
    })({
      server: server.host(),
      credentials: {
        method: 'oauth',
        user: 'support@corp.test',
        accessToken: new Secret(GOOD_TOKEN),
      },
      signal: new AbortController().signal,
    });
    try {
      return await findReadingStart(session, await session.open('INBOX'));
    } finally {
      await session.close();
    }
  }
  const deliver = (count: number) => {
    for (let n = 1; n <= count; n += 1) {
      server.deliver(`Subject: ${n}\r\n\r\nHello.\r\n`);
    }
  };
  const asked = (command: string) =>
    server.received.filter(line => line.startsWith(command)).length;

  it('knows what a POP3 server lists, by name and header', async () => {
    deliver(45);
    const { known, uidValidity } = await find();
    expect(uidValidity).toBe(0);
    expect(known?.keyedBy).toBe('uidl');
    expect(known?.mails).toHaveLength(45);
    expect(known?.mails[44]).toMatchObject({
      sourceKey: `uidl:${server.mails[44].uidl}#1`,
      sizeBytes: server.mails[44].raw.length,
      headDigest: headDigest(server.mails[44].raw),
    });
    // Nothing of it was fetched, so the session may end well.
    expect(asked('RETR')).toBe(0);
    expect(asked('QUIT')).toBe(1);
  });

  it('asks for no header where there are too many, and has names all the same', async () => {
    deliver(1001);
    const { known } = await find();
    expect(known?.mails).toHaveLength(1001);
    expect(asked('TOP')).toBe(0);
  });

  it('knows mails by their headers where the server has no names', async () => {
    server.hasUidl = false;
    deliver(25);
    const { known } = await find();
    expect(known?.keyedBy).toBe('digest');
    expect(new Set(known?.mails.map(mail => mail.sourceKey)).size).toBe(25);

    deliver(1000);
    // Such a mailbox cannot be read; the visit says so.
    expect((await find()).known).toBeUndefined();
  });
});
