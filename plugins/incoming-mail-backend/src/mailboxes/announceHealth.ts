// SPDX-License-Identifier: Apache-2.0
import { parseEntityRef } from '@backstage/catalog-model';
import {
  ChannelState,
  FailureCode,
  failures,
} from '@postroom/plugin-incoming-mail-common';
import { Tx } from '../database';
import { Notice, NoticeStore } from './NoticeStore';
import { Mailbox } from './types';

// What people are told of a mailbox: the owners of the project whose channel it
// is, or whoever set the mail server up. (Backstage can be asked whether a
// person may do something, not who may; as with integrations, it is the person
// who registered it that hears of it.)
//
// Told is that reading has come to a stop that a person has to end, and that
// it goes on. What passes by itself (degraded) is no news, also between two
// stops: a provider that is down for a minute does not make the same missing
// consent a second one. So each notice follows from the one before, not from
// the state before. Notices of a mailbox are numbered, and a number is given
// once: of two replicas that see the same change, one writes it down.

const STOPS: readonly ChannelState[] = [
  'needs-consent',
  'needs-password',
  'mailbox-unavailable',
  'integration-fault',
];

/** The mailbox that people are told of. */
export type NoticedMailbox = Pick<
  Mailbox,
  'id' | 'projectRef' | 'name' | 'address' | 'createdBy'
>;

/** How a mailbox now is. */
export interface HealthNews {
  readonly mailbox: NoticedMailbox;
  readonly state: ChannelState;
  readonly failure?: FailureCode;
}

/**
 * Whether people are to be told, in view of what they were told last.
 *
 * @param told - undefined: nothing so far
 */
export function isNews(
  state: ChannelState,
  told: ChannelState | undefined,
): boolean {
  return STOPS.includes(state)
    ? state !== told
    : state === 'active' && told !== undefined && STOPS.includes(told);
}

/**
 * Writes a notice down where a mailbox's health is news. Part of the
 * transaction that records the health.
 */
export async function announceHealth(
  tx: Tx,
  news: HealthNews,
  notices: NoticeStore,
): Promise<void> {
  const { mailbox, state } = news;
  const mayBeNews = state === 'active' || STOPS.includes(state);
  if (!mayBeNews) {
    return;
  }
  const subject = `mailbox:${mailbox.id}`;
  const last = fromTransition(await notices.findLast(tx, subject));
  if (isNews(state, last.state)) {
    const transition = toTransition({ number: last.number + 1, state });
    await notices.add({ subject, transition }, toHealthNotice(news), tx);
  }
}

/** What is said, in the words of the failure catalogue. */
export function toHealthNotice({
  mailbox,
  state,
  failure,
}: HealthNews): Notice {
  const { name, place, ...common } = audienceOf(mailbox);
  if (state === 'active') {
    return {
      ...common,
      title: `Mail of ${name} is read again`,
      description: 'Reading went on where it had stopped. Nothing was lost.',
      severity: 'normal',
    };
  }
  const entry = failure && failures[failure];
  return {
    ...common,
    title: `Mail of ${name} is not read: ${
      entry ? lowerFirst(entry.title) : 'reading has come to a stop'
    }`,
    description: entry?.remedy ?? `${place} says more.`,
    severity: 'high',
  };
}

/** Who is told of a mailbox, by which name, and where they can act. */
function audienceOf(
  mailbox: NoticedMailbox,
): Pick<Notice, 'recipientRef' | 'link'> & { name: string; place: string } {
  const { projectRef } = mailbox;
  return projectRef
    ? {
        recipientRef: projectRef,
        link: channelPath(projectRef),
        name: parseEntityRef(projectRef).name,
        place: 'The tab Email requests',
      }
    : {
        recipientRef: mailbox.createdBy,
        link: mailServerPath(mailbox.id),
        name: mailbox.name ?? mailbox.address,
        place: 'The page of the mail server',
      };
}

/** The page of a mail server, as a path in the portal. */
export function mailServerPath(mailServerId: string): string {
  return `/incoming-mail/servers/${mailServerId}`;
}

/** The tab of a project's channel, as a path in the portal. */
export function channelPath(projectRef: string): string {
  const { kind, namespace, name } = parseEntityRef(projectRef);
  return `/catalog/${namespace}/${kind}/${name}/email-requests`;
}

// Zero-padded, so that the order of characters is that of numbers.
const NUMBER_LENGTH = 9;

function toTransition(of: { number: number; state: ChannelState }): string {
  return `${String(of.number).padStart(NUMBER_LENGTH, '0')} ${of.state}`;
}

function fromTransition(transition: string | undefined): {
  number: number;
  state?: ChannelState;
} {
  return transition === undefined
    ? { number: 0 }
    : {
        number: Number(transition.slice(0, NUMBER_LENGTH)),
        state: transition.slice(NUMBER_LENGTH + 1) as ChannelState,
      };
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
