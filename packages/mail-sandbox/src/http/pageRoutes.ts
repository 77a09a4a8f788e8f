// SPDX-License-Identifier: Apache-2.0
import { Router, urlencoded } from 'express';
import { z } from 'zod';
import type { AccountRegistry } from '../AccountRegistry';
import type { Mailbox } from '../imap/Mailbox';
import type { MailStore } from '../imap/MailStore';
import type { MailPorts } from '../MailPorts';
import { buildMail } from '../mail/buildMail';
import { decodeWords } from '../mail/encodedWords';
import { headerValue } from '../mail/headers';
import {
  clientRequestSchema,
  type ClientRegistry,
} from '../oauth/ClientRegistry';
import { appsPage, type AppsNotice } from '../pages/appsPage';
import { composePage, type ComposeNotice } from '../pages/composePage';
import { landingPage } from '../pages/landingPage';

interface PageRoutesOptions {
  readonly issuer: string;
  readonly ports: MailPorts;
  readonly ca: string;
  readonly accounts: AccountRegistry;
  readonly clients: ClientRegistry;
  readonly mail: MailStore;
}

/** A browser leaves out what is empty; then it is the empty string. */
const field = z.string().default('');

const appFormSchema = z.object({ name: field, redirectUri: field });

const composeFormSchema = z.object({
  from: field,
  to: field,
  subject: field,
  text: field,
  /** `address:uid`, or empty. */
  inReplyTo: field,
});

/** How many messages of a mailbox can be answered: the newest. */
const MAX_REPLY_CHOICES = 50;

/** The pages for people. */
export function pageRoutes(options: PageRoutesOptions): Router {
  const router = Router();
  const form = urlencoded({ extended: false, limit: '2mb' });

  router.get('/', (_req, res) => {
    res.send(landingPage({ ...options, accounts: options.accounts.list() }));
  });

  router.get('/ca.pem', (_req, res) => {
    res.type('application/x-pem-file').send(options.ca);
  });

  router.get('/apps', (_req, res) => {
    const clients = options.clients.list();
    const { issuer, ports } = options;
    res.send(appsPage({ issuer, ports, clients }));
  });

  router.post('/apps', form, (req, res) => {
    const typed = appFormSchema.parse(req.body);
    const notice = registerApp(options.clients, typed);
    const registered = notice.kind === 'registered';
    res.status(registered ? 201 : 400).send(
      appsPage({
        issuer: options.issuer,
        ports: options.ports,
        clients: options.clients.list(),
        notice,
        form: registered ? undefined : typed,
      }),
    );
  });

  router.get('/compose', (_req, res) => {
    res.send(composePage({ mailboxes: replyChoices(options) }));
  });

  router.post('/compose', form, (req, res) => {
    const typed = composeFormSchema.parse(req.body);
    const notice = compose(options.mail, typed);
    res.status(notice.kind === 'delivered' ? 201 : 400).send(
      composePage({
        mailboxes: replyChoices(options),
        notice,
        form:
          notice.kind === 'delivered'
            ? { ...typed, subject: '', text: '' }
            : typed,
      }),
    );
  });

  return router;
}

function registerApp(
  clients: ClientRegistry,
  { name, redirectUri }: z.infer<typeof appFormSchema>,
): AppsNotice {
  const request = clientRequestSchema.safeParse({
    name,
    redirectUris: [redirectUri],
  });
  if (!request.success) {
    const [issue] = request.error.issues;
    const label = issue.path[0] === 'name' ? 'Name' : 'Redirect URI';
    return { kind: 'refused', reason: `${label}: ${issue.message}` };
  }
  const credentials = clients.register(request.data);
  return credentials
    ? { kind: 'registered', ...credentials }
    : { kind: 'refused', reason: 'There are too many applications.' };
}

function compose(
  mail: MailStore,
  form: z.infer<typeof composeFormSchema>,
): ComposeNotice {
  const refused = (reason: string) => ({ kind: 'refused', reason } as const);
  const inbox = mail.find(form.to)?.inbox;
  if (!inbox) return refused('There is no such account.');
  const answered = findAnswered(mail, form.inReplyTo);
  if (form.inReplyTo !== '' && !answered) {
    return refused('The message to answer is gone.');
  }
  const raw = buildMail({ ...form, inReplyTo: answered }, new Date());
  if (!raw) return refused('From must be an address or a name with <address>.');
  const [uid] = inbox.deliver([{ raw }]) ?? [];
  return uid === undefined
    ? refused('The mailbox is full.')
    : { kind: 'delivered', to: form.to, uid };
}

function findAnswered(mail: MailStore, reference: string): Buffer | undefined {
  const [address, uid] = reference.split(':');
  return mail.find(address)?.inbox.find(Number(uid))?.raw;
}

function replyChoices({ accounts, mail }: PageRoutesOptions) {
  return accounts.list().map(account => {
    const inbox = mail.find(account.address)?.inbox;
    return { account, messages: inbox ? newest(inbox) : [] };
  });
}

function newest(inbox: Mailbox) {
  return inbox.messages
    .slice(-MAX_REPLY_CHOICES)
    .reverse()
    .map(({ uid, raw }) => ({
      uid,
      subject: decodeWords(headerValue(raw, 'Subject') ?? '(no subject)'),
    }));
}
