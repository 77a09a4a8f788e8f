// SPDX-License-Identifier: Apache-2.0
import {
  Channel,
  createChannelSchema,
  CreateChannel,
  IntegrationChoice,
  MailSetupProblem,
  RequestPriority,
} from '@postroom/plugin-incoming-mail-common';
import type { FieldErrors } from '../api/fieldErrors';
import {
  fromMailbox,
  issueErrorsOf,
  mailboxErrorsOf,
  MailboxFormValues,
  mailboxSettingsOf,
  newMailboxForm,
  PASSWORD,
  storedPasswordOf,
  withSignIn,
} from '../components/mailbox/mailboxForm';
import { fromServerRow, serverKey } from '../components/mailbox/serverRow';

/** What is in the fields of the channel's form. */
export interface ChannelFormValues extends MailboxFormValues {
  readonly requestType: string;
  /** Empty while requests begin with none. */
  readonly priority: RequestPriority | '';
  /** One per line. */
  readonly labels: string;
}

/** What the fields amount to: settings to save, or what is wrong with them. */
export type ChannelVerdict =
  | { kind: 'valid'; settings: CreateChannel }
  | { kind: 'invalid'; errors: FieldErrors };

/** The form of a new channel; what can only be one thing is chosen already. */
export function newChannelForm(
  choices: readonly IntegrationChoice[],
): ChannelFormValues {
  const empty = {
    ...newMailboxForm(),
    requestType: '',
    priority: '' as const,
    labels: '',
  };
  const ready = choices.filter(choice => choice.ready);
  return ready.length === 1
    ? { ...empty, ...withSignIn(empty, ready[0].id, choices) }
    : empty;
}

/** The form of a channel that exists. */
export function fromChannel(channel: Channel): ChannelFormValues {
  const { requestType, priority, labels } = channel.requestDefaults;
  return {
    ...fromMailbox(channel),
    requestType: requestType ?? '',
    priority: priority ?? '',
    labels: labels?.join('\n') ?? '',
  };
}

/**
 * Judges the form by the channel's schema and by what is known of the mail
 * service. `channel` is the one that is edited; `tell` has the words for what
 * cannot work.
 */
export function toChannelSettings(
  values: ChannelFormValues,
  choices: readonly IntegrationChoice[],
  channel: Channel | undefined,
  tell: (problem: MailSetupProblem) => string,
): ChannelVerdict {
  const parsed = createChannelSchema.safeParse({
    ...mailboxSettingsOf(values),
    requestDefaults: requestDefaultsOf(values),
  });
  const errors = {
    ...issueErrorsOf(parsed.error?.issues),
    ...mailboxErrorsOf(
      values,
      choices,
      storedPasswordOf(channel, values),
      tell,
    ),
  };
  return parsed.success && Object.keys(errors).length === 0
    ? { kind: 'valid', settings: parsed.data }
    : { kind: 'invalid', errors };
}

function requestDefaultsOf({
  requestType,
  priority,
  labels,
}: ChannelFormValues) {
  const lines = labels
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '');
  return {
    requestType: requestType.trim() || undefined,
    priority: priority || undefined,
    labels: lines.length > 0 ? lines : undefined,
  };
}

/**
 * Whether the folders of the stored channel are those that the form is about,
 * and can be asked for: the channel is signed in to, over IMAP.
 */
export function canListFolders(
  channel: Channel,
  values: ChannelFormValues,
): boolean {
  const { server } = fromMailbox(channel);
  return (
    channel.state !== 'draft' &&
    server.protocol === 'imap' &&
    serverKey(fromServerRow(server)) ===
      serverKey(fromServerRow(values.server)) &&
    !needsNewSignIn(channel, values)
  );
}

/**
 * Whether the change makes what the mailbox was signed in with useless: a
 * grant belongs to one account under one integration, and a password is tried
 * before the mailbox is read with it.
 */
export function needsNewSignIn(
  channel: Channel,
  values: ChannelFormValues,
): boolean {
  const before = fromMailbox(channel);
  return (
    channel.address !== values.address.trim().toLowerCase() ||
    before.signIn !== values.signIn ||
    (values.signIn === PASSWORD &&
      (values.password !== '' ||
        storedPasswordOf(channel, values) === 'to-reenter'))
  );
}
