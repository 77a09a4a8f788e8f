// SPDX-License-Identifier: Apache-2.0
import request from 'supertest';
import { TestSandbox } from '../__testUtils__/TestSandbox';

const account = 'support@corp.test';

let sandbox: TestSandbox;

beforeEach(async () => {
  sandbox = await TestSandbox.start();
});

afterEach(() => sandbox.close());

function http() {
  return request(sandbox.origin);
}

describe('the control API', () => {
  it('takes a message as JSON and as it is, and lists what is there in pages', async () => {
    const raw = Buffer.from(
      'Message-ID: <1@x>\r\nSubject: =?utf-8?b?w7w=?=\r\n\r\n\xff',
      'latin1',
    );
    await http()
      .post('/api/messages')
      .send({ to: 'Support@Corp.Test', raw: raw.toString('base64') })
      .expect(201, { uid: 1 });
    await http()
      .post('/api/messages')
      .query({ to: account })
      .type('message/rfc822')
      .send(raw)
      .expect(201, { uid: 2 });
    const { body } = await http()
      .get(`/api/mailboxes/${account}/messages`)
      .query({ after: 1, limit: 5 })
      .expect(200);
    expect(body).toEqual([
      {
        uid: 2,
        flags: [],
        size: raw.length,
        messageId: '<1@x>',
        subject: 'ü',
        internalDate: expect.any(String),
      },
    ]);
  });

  it('refuses what is wrong', async () => {
    const message = { to: account, raw: 'eA==' };
    const post = (body: object | string) =>
      http().post('/api/messages').type('json').send(body);
    await post({ ...message, to: 'nobody@corp.test' }).expect(404);
    await post({ ...message, raw: '*' }).expect(400);
    const broken = await post('{').expect(400);
    expect(broken.body).toEqual({ error: expect.any(String) });
    await post(message).expect(201);
    await http()
      .post('/api/messages')
      .query({ to: account })
      .type('message/rfc822')
      .send(Buffer.alloc(60 * 1024 * 1024 + 1))
      .expect(413);
    await http().get('/api/mailboxes/nobody@corp.test/messages').expect(404);
    await http()
      .get(`/api/mailboxes/${account}/messages`)
      .query({ limit: 1000 })
      .expect(400);
    for (const redirectUris of [[], ['data:text/html,x'], ['http://x/#y']]) {
      await http()
        .post('/api/clients')
        .send({ name: 'x', redirectUris })
        .expect(400);
    }
  });

  it('answers neither to another name nor to another site', async () => {
    await http().get('/').expect(200);
    await http().get('/').set('Host', 'evil.example').expect(403);
    const put = (origin: string) =>
      http().put('/api/faults').set('Origin', origin).send({});
    await put('http://evil.example').expect(403);
    await put('null').expect(403);
    const { body } = await put('http://localhost:3000').expect(200);
    expect(body).toMatchObject({ imapDown: false });
  });
});

describe('the pages', () => {
  it('register an application and show its secret once', async () => {
    const form = { name: 'My <app>', redirectUri: 'http://localhost:9/cb' };
    const { text } = await http()
      .post('/apps')
      .type('form')
      .send(form)
      .expect(201);
    const secret = /id="client-secret">([^<]+)</.exec(text)?.[1] ?? '';
    expect(secret).toMatch(/^[\w-]{40,}$/);
    const later = await http().get('/apps').expect(200);
    expect(later.text).toContain('My &lt;app&gt;');
    expect(later.text).not.toContain(secret);
    const refused = await http()
      .post('/apps')
      .type('form')
      .send({ ...form, redirectUri: 'nowhere' })
      .expect(400);
    expect(refused.text).toContain('Redirect URI: must be');
    expect(refused.text).toContain('value="My &lt;app&gt;"');
  });

  it('compose a mail and a reply to it', async () => {
    const compose = (fields: Record<string, string>) =>
      http()
        .post('/compose')
        .type('form')
        .send({
          from: 'Ada <ada@example.com>',
          to: account,
          subject: 'Grüße',
          text: 'Hallo',
          ...fields,
        });
    const first = await compose({}).expect(201);
    expect(first.text).toContain('id="uid">1<');
    expect(first.text).toContain(`value="${account}:1"`);
    await compose({ inReplyTo: `${account}:1` }).expect(201);

    const client = await sandbox.connectImap();
    await client.mailboxOpen('INBOX');
    const [one, two] = await client.fetchAll('1:2', { envelope: true });
    expect(one.envelope?.subject).toBe('Grüße');
    expect(two.envelope?.inReplyTo).toBe(one.envelope?.messageId);

    await compose({ inReplyTo: `${account}:7` }).expect(400);
    await compose({ from: 'nobody' }).expect(400);
    await compose({ to: 'nobody@corp.test' }).expect(400);
  });
});
