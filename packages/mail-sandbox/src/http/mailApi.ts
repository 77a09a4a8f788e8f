// SPDX-License-Identifier: Apache-2.0
import { json, raw, Router } from 'express';
import { z } from 'zod';
import { newAccountSchema, type AccountRegistry } from '../AccountRegistry';
import type { SandboxAccount } from '../accounts';
import { MAX_LITERAL_BYTES } from '../imap/ImapConnection';
import type { StoredMessage } from '../imap/Mailbox';
import type { MailStore } from '../imap/MailStore';
import { decodeWords } from '../mail/encodedWords';
import { headerValue } from '../mail/headers';
import { parseBody } from './parseBody';

const messageSchema = z.strictObject({ to: z.string(), raw: z.base64() });
const recipientSchema = z.object({ to: z.string() });

const listSchema = z.object({
  mailbox: z.string().default('INBOX'),
  /** Only messages with a higher UID. */
  after: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});

/** Base64 needs four characters for three bytes, and JSON a few more. */
const MAX_JSON_BYTES = Math.ceil((MAX_LITERAL_BYTES * 4) / 3) + 1024;

/** Adds accounts, puts mail into their mailboxes and tells what is in them. */
export function mailApi({
  accounts,
  mail,
}: {
  readonly accounts: AccountRegistry;
  readonly mail: MailStore;
}): Router {
  const router = Router();

  router.get('/accounts', (_req, res) => {
    res.json(accounts.list().map(withoutPassword));
  });

  router.post('/accounts', json(), (req, res) => {
    const request = parseBody(newAccountSchema, req.body, res);
    if (!request) return;
    const account = accounts.add(request);
    if (account) res.status(201).json(withoutPassword(account));
    else res.status(409).json({ error: 'The address is taken' });
  });

  router.post(
    '/messages',
    json({ limit: MAX_JSON_BYTES }),
    raw({ type: 'message/rfc822', limit: MAX_LITERAL_BYTES }),
    (req, res) => {
      const message = Buffer.isBuffer(req.body)
        ? withRecipient(req.body, parseBody(recipientSchema, req.query, res))
        : fromJson(parseBody(messageSchema, req.body, res));
      if (!message) return;
      if (message.raw.length > MAX_LITERAL_BYTES) {
        res.status(413).json({ error: 'The message is too large' });
        return;
      }
      const inbox = mail.find(message.to)?.inbox;
      if (!inbox) {
        res.status(404).json({ error: 'There is no such account' });
        return;
      }
      const [uid] = inbox.deliver([{ raw: message.raw }]) ?? [];
      if (uid === undefined) {
        res.status(507).json({ error: 'The mailbox is full' });
      } else {
        res.status(201).json({ uid });
      }
    },
  );

  router.get('/mailboxes/:address/messages', (req, res) => {
    const query = parseBody(listSchema, req.query, res);
    if (!query) return;
    const mailbox = mail.find(req.params.address)?.find(query.mailbox);
    if (!mailbox) {
      res.status(404).json({ error: 'There is no such mailbox' });
      return;
    }
    const { messages } = mailbox;
    const from = messages.findIndex(({ uid }) => uid > query.after);
    const page = from === -1 ? [] : messages.slice(from, from + query.limit);
    res.json(page.map(describe));
  });

  return router;
}

function withoutPassword({ address, name }: SandboxAccount) {
  return { address, name };
}

interface Delivery {
  readonly to: string;
  readonly raw: Buffer;
}

function withRecipient(
  bytes: Buffer,
  recipient: { to: string } | undefined,
): Delivery | undefined {
  return recipient && { to: recipient.to, raw: bytes };
}

function fromJson(
  message: z.infer<typeof messageSchema> | undefined,
): Delivery | undefined {
  return message && { to: message.to, raw: Buffer.from(message.raw, 'base64') };
}

function describe({ uid, flags, raw: bytes, internalDate }: StoredMessage) {
  const subject = headerValue(bytes, 'Subject');
  return {
    uid,
    flags: [...flags],
    size: bytes.length,
    messageId: headerValue(bytes, 'Message-ID'),
    subject: subject === undefined ? undefined : decodeWords(subject),
    internalDate: internalDate.toISOString(),
  };
}
