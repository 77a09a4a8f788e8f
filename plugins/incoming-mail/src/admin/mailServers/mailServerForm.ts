// SPDX-License-Identifier: Apache-2.0
import {
  DEFAULT_TIMEOUT_SECONDS,
  HandlerDescription,
  IntegrationChoice,
  MailServer,
  MailServerDraft,
  MailServerSettings,
  mailServerSettingsSchema,
  MailSetupProblem,
  SaveObstacle,
} from '@postroom/plugin-incoming-mail-common';
import { fieldErrorsOf, FieldErrors } from '../../api/fieldErrors';
import {
  fromMailbox,
  issueErrorsOf,
  mailboxErrorsOf,
  MailboxFormValues,
  mailboxSettingsOf,
  newMailboxForm,
  PASSWORD,
  storedPasswordOf,
} from '../../components/mailbox/mailboxForm';
import {
  handlerErrors,
  HandlerRow,
  toHandlerBindings,
  toHandlerRows,
  withHandler,
} from './handlerRows';

/** What is in the fields of the editor, word for word. */
export interface MailServerFormValues extends MailboxFormValues {
  readonly name: string;
  readonly description: string;
  readonly timeoutSeconds: string;
  readonly enabled: boolean;
  readonly handlers: readonly HandlerRow[];
}

/** A draft at the backend, with the fields that it was stored from. */
export interface HeldDraft {
  readonly draft: MailServerDraft;
  readonly values: MailServerFormValues;
}

/** What the fields amount to: settings to store, or what is wrong with them. */
export type MailServerVerdict =
  | { kind: 'valid'; settings: MailServerSettings }
  | { kind: 'invalid'; errors: FieldErrors };

/** The form of a new mail server; what can only be one thing is chosen already. */
export function newMailServerForm(
  handlers: readonly HandlerDescription[],
): MailServerFormValues {
  return {
    ...newMailboxForm(),
    name: '',
    description: '',
    timeoutSeconds: String(DEFAULT_TIMEOUT_SECONDS),
    enabled: true,
    handlers: handlers.length === 1 ? withHandler([], handlers[0].id) : [],
  };
}

/** The form of a mail server that exists, or of a draft. */
export function fromMailServer(
  server: MailServer | MailServerDraft,
): MailServerFormValues {
  return {
    ...fromMailbox(server),
    name: server.name,
    description: server.description ?? '',
    timeoutSeconds: String(server.timeoutSeconds),
    enabled: server.enabled,
    handlers: toHandlerRows(server.handlers),
  };
}

/** What the form is judged by, besides its own words. */
export interface JudgeOptions {
  choices: readonly IntegrationChoice[];
  handlers: readonly HandlerDescription[];
  /** The mail server that is edited. */
  server: MailServer | undefined;
  held: HeldDraft | undefined;
  /** Has the words for what cannot work. */
  tell: (problem: MailSetupProblem) => string;
}

/**
 * Judges the form by the schema of a mail server, by what is known of the mail
 * service and by what its handlers require. A password that the draft has
 * already is not sent again: it would count as another one, and undo the test.
 */
export function toMailServerSettings(
  values: MailServerFormValues,
  options: JudgeOptions,
): MailServerVerdict {
  const { choices, handlers, held, tell } = options;
  const sent = passwordIsHeld(values, held)
    ? { ...values, password: '' }
    : values;
  const parsed = mailServerSettingsSchema.safeParse({
    ...mailboxSettingsOf(sent),
    name: values.name,
    description: values.description.trim() || undefined,
    timeoutSeconds: numberOf(values.timeoutSeconds),
    enabled: values.enabled,
    handlers: toHandlerBindings(values.handlers, handlers),
  });
  const storedPassword = storedPasswordOf(held?.draft ?? options.server, sent);
  const errors = {
    ...issueErrorsOf(parsed.error?.issues),
    ...(parsed.error?.issues.some(
      ({ path }) => path[0] === 'timeoutSeconds',
    ) && {
      timeoutSeconds: 'is a number from 5 to 120',
    }),
    ...handlerErrors(values.handlers, handlers),
    ...mailboxErrorsOf(sent, choices, storedPassword, tell),
  };
  return parsed.success && Object.keys(errors).length === 0
    ? { kind: 'valid', settings: parsed.data }
    : { kind: 'invalid', errors };
}

function passwordIsHeld(
  values: MailServerFormValues,
  held: HeldDraft | undefined,
): boolean {
  return (
    held !== undefined &&
    held.values.password === values.password &&
    storedPasswordOf(held.draft, values) === 'kept'
  );
}

function numberOf(text: string): number {
  return /^\d{1,4}$/.test(text.trim()) ? Number(text) : Number.NaN;
}

/** Whether there is something to save, and if not, why. */
export type SaveState = SaveObstacle | 'ready';

/**
 * Whether what is in the form now was tested. A test is of the connection:
 * names, handlers and what is done after storing may change without another.
 */
export function saveStateOf(
  values: MailServerFormValues,
  held: HeldDraft | undefined,
): SaveState {
  if (held?.draft.testedAt === undefined) {
    return held?.draft.obstacle ?? 'not-tested';
  }
  return connectionOf(values) === connectionOf(held.values)
    ? held.draft.obstacle ?? 'ready'
    : 'changed-since-test';
}

function connectionOf(values: MailServerFormValues): string {
  const isPassword = values.signIn === PASSWORD;
  return JSON.stringify([
    values.address.trim().toLowerCase(),
    values.server,
    values.server.protocol === 'imap' ? values.folder : '',
    values.signIn,
    isPassword ? values.userName.trim() : '',
    isPassword ? values.password : '',
    values.timeoutSeconds.trim(),
  ]);
}

/** Whether what is in the form is what the draft was stored from. */
export function isHeld(
  values: MailServerFormValues,
  held: HeldDraft | undefined,
): boolean {
  return (
    held !== undefined && JSON.stringify(held.values) === JSON.stringify(values)
  );
}

/**
 * Whether there is an access that what is in the form could be read with: the
 * draft's own, or the one that the saved mail server has.
 */
export function authorizationOf(
  values: MailServerFormValues,
  server: MailServer | undefined,
  held: HeldDraft | undefined,
): MailServerDraft['authorization'] {
  if (held && isSameAccount(values, fromMailbox(held.draft))) {
    return held.draft.authorization;
  }
  return server && isSameAccount(values, fromMailbox(server))
    ? 'server'
    : 'none';
}

function isSameAccount(a: MailboxFormValues, b: MailboxFormValues): boolean {
  return a.signIn === b.signIn && a.address.trim().toLowerCase() === b.address;
}

/** Which fields of the form a refusal of a draft is about. */
export function draftErrorsOf(error: unknown): FieldErrors {
  return Object.fromEntries(
    Object.entries(fieldErrorsOf(error)).map(([path, message]) => [
      path.replace(/^settings\./, ''),
      message,
    ]),
  );
}
