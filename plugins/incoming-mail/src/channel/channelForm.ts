// SPDX-License-Identifier: Apache-2.0
import {
  Channel,
  createChannelSchema,
  CreateChannel,
  IntegrationChoice,
  MailHost,
} from '@postroom/plugin-incoming-mail-common';
import type { FieldErrors } from '../api/fieldErrors';

/** What is in the fields of the channel's form. */
export interface ChannelFormValues {
  readonly address: string;
  /** Empty while none is chosen. */
  readonly integrationId: string;
  /** One of {@link serversOf} by {@link serverKey}; empty while none is chosen. */
  readonly server: string;
  readonly folder: string;
}

/** What the fields amount to: settings to save, or what is wrong with them. */
export type ChannelVerdict =
  | { kind: 'valid'; settings: CreateChannel }
  | { kind: 'invalid'; errors: FieldErrors };

/** The form of a new channel; what can only be one thing is chosen already. */
export function newChannelForm(
  choices: readonly IntegrationChoice[],
): ChannelFormValues {
  const empty = { address: '', integrationId: '', server: '', folder: 'INBOX' };
  const ready = choices.filter(choice => choice.ready);
  return ready.length === 1
    ? withIntegration(empty, ready[0].id, choices)
    : empty;
}

/** The form of a channel that exists. */
export function fromChannel(channel: Channel): ChannelFormValues {
  return {
    address: channel.address,
    integrationId: channel.authentication.integrationId,
    server: serverKey(channel.server),
    folder: channel.folder,
  };
}

/** The form after another integration was chosen, with a server that it has. */
export function withIntegration(
  values: ChannelFormValues,
  integrationId: string,
  choices: readonly IntegrationChoice[],
): ChannelFormValues {
  const servers = serversOf(choices, integrationId);
  const stays = servers.some(server => serverKey(server) === values.server);
  const first = servers.length > 0 ? serverKey(servers[0]) : '';
  return {
    ...values,
    integrationId,
    server: stays ? values.server : first,
  };
}

/** The servers that a channel may name with an integration: its IMAP ones. */
export function serversOf(
  choices: readonly IntegrationChoice[],
  integrationId: string,
): readonly MailHost[] {
  const choice = choices.find(({ id }) => id === integrationId);
  return choice?.mailHosts.filter(({ protocol }) => protocol === 'imap') ?? [];
}

/** Tells one server from another, as the value of a choice. */
export function serverKey(server: MailHost): string {
  return `${server.protocol}://${server.host}:${server.port}/${server.security}`;
}

/** Judges the form by the channel's schema and the integration's domains. */
export function toChannelSettings(
  values: ChannelFormValues,
  choices: readonly IntegrationChoice[],
): ChannelVerdict {
  const errors: Record<string, string> = {};
  const choice = choices.find(({ id }) => id === values.integrationId);
  const server = serversOf(choices, values.integrationId).find(
    candidate => serverKey(candidate) === values.server,
  );
  if (!choice) {
    errors.integration = 'is required';
  } else if (!server) {
    errors.server = 'is required';
  }
  const parsed = createChannelSchema.safeParse({
    address: values.address,
    server,
    folder: values.folder.trim() === '' ? undefined : values.folder,
    authentication: { method: 'oauth', integrationId: values.integrationId },
  });
  if (!parsed.success) {
    for (const { path, message } of parsed.error.issues) {
      const field = String(path[0]);
      // Server and integration are judged above, in words for a choice.
      if (field === 'address' || field === 'folder') {
        errors[field] ??= message;
      }
    }
  }
  const domains = choice?.allowedDomains ?? [];
  if (parsed.success && !isAllowed(parsed.data.address, domains)) {
    errors.address = `must be of ${domains.join(', ')}`;
  }
  return parsed.success && Object.keys(errors).length === 0
    ? { kind: 'valid', settings: parsed.data }
    : { kind: 'invalid', errors };
}

function isAllowed(address: string, domains: readonly string[]): boolean {
  const domain = address.slice(address.lastIndexOf('@') + 1);
  return domains.length === 0 || domains.includes(domain);
}

/**
 * Whether the change makes the stored access useless: it belongs to one
 * account under one integration.
 */
export function needsNewConsent(
  channel: Channel,
  values: ChannelFormValues,
): boolean {
  return (
    channel.address !== values.address.trim().toLowerCase() ||
    channel.authentication.integrationId !== values.integrationId
  );
}
