// SPDX-License-Identifier: Apache-2.0
import { parseEntityRef } from '@backstage/catalog-model';
import {
  ChannelState,
  FailureCode,
  failures,
} from '@postroom/plugin-incoming-mail-common';
import { Tx } from '../database';
import { Notice, NoticeStore } from './NoticeStore';

// What the owners of a project are told of their channel
//
// Told is that reading has come to a stop that a person has to end, and that
// it goes on. What passes by itself (degraded) is no news, also between two
// stops: a provider that is down for a minute does not make the same missing
// consent a second one. So each notice follows from the one before, not from
// the state before. Notices of a mailbox are numbered, and a number is given
// once: of two replicas that see the same change, one writes it down.

const STOPS: readonly ChannelState[] = [
  'needs-consent',
  'mailbox-unavailable',
  'integration-fault',
];

/** How a mailbox now is. */
export interface HealthNews {
  readonly mailbox: { readonly id: string; readonly projectRef?: string };
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
 * transaction that records the health. A mailbox without a project has nobody
 * to be told.
 */
export async function announceHealth(
  tx: Tx,
  news: HealthNews,
  notices: NoticeStore,
): Promise<void> {
  const { mailbox, state } = news;
  const mayBeNews = state === 'active' || STOPS.includes(state);
  if (!mailbox.projectRef || !mayBeNews) {
    return;
  }
  const subject = `mailbox:${mailbox.id}`;
  const last = fromTransition(await notices.findLast(tx, subject));
  if (isNews(state, last.state)) {
    const transition = toTransition({ number: last.number + 1, state });
    await notices.add(
      { subject, transition },
      toHealthNotice(mailbox.projectRef, news),
      tx,
    );
  }
}

/** What is said, in the words of the failure catalogue. */
export function toHealthNotice(
  projectRef: string,
  { state, failure }: Pick<HealthNews, 'state' | 'failure'>,
): Notice {
  const { name } = parseEntityRef(projectRef);
  const common = { recipientRef: projectRef, link: channelPath(projectRef) };
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
      entry ? lowerFirst(entry.title) : 'its channel has come to a stop'
    }`,
    description: entry?.remedy ?? 'The tab Email requests says more.',
    severity: 'high',
  };
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
