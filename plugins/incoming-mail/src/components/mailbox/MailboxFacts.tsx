// SPDX-License-Identifier: Apache-2.0
import { ReactNode } from 'react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type {
  Channel,
  ConsentEnd,
} from '@postroom/plugin-incoming-mail-common';
import { incomingMailTranslationRef } from '../../translation';
import { Facts, FactsProps } from '../Facts';
import { Moment } from '../Moment';
import { afterStoringWord } from './afterStoringWord';

type Mailbox = Omit<Channel, 'projectRef' | 'requestDefaults'>;
type Fact = FactsProps['facts'][number];

/** Props of {@link MailboxFacts}. */
export interface MailboxFactsProps {
  mailbox: Mailbox;
  /** What else was decided about it. */
  more?: readonly Fact[];
}

/** A mailbox's settings, how it is doing, and how far behind it is. */
export function MailboxFacts({ mailbox, more = [] }: MailboxFactsProps) {
  const settings = useSettings(mailbox);
  const visits = useVisits(mailbox);
  return <Facts facts={[...settings, ...more, ...visits]} />;
}

function useSettings(mailbox: Mailbox): readonly Fact[] {
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const { server, aliases, afterStoring, authentication } = mailbox;
  const { protocol, host, port, security } = server;
  const facts: Fact[] = [
    {
      name: t('mailbox.fact.server'),
      value: `${protocol.toUpperCase()} ${host}:${port}, ${t(
        `mailbox.encryption.${security}`,
      )}`,
    },
    {
      name: t('mailbox.fact.signIn'),
      value:
        authentication.method === 'oauth'
          ? t('mailbox.oauth', { name: mailbox.integrationName ?? '–' })
          : t('mailbox.passwordOf', {
              userName: authentication.userName ?? mailbox.address,
            }),
    },
    {
      name: t('mailbox.fact.afterStoring'),
      value:
        afterStoring.action === 'move'
          ? t('mailbox.afterStoring.movedTo', { folder: afterStoring.folder })
          : t(
              `mailbox.afterStoring.option.${afterStoringWord(
                protocol,
                afterStoring.action,
              )}`,
            ),
    },
  ];
  if (mailbox.readBy !== undefined) {
    facts.push({ name: t('mailbox.fact.readBy'), value: mailbox.readBy });
  }
  if (protocol === 'imap') {
    facts.push({ name: t('mailbox.fact.folder'), value: mailbox.folder });
  }
  if (aliases.length > 0) {
    facts.push({ name: t('mailbox.fact.aliases'), value: aliases.join(', ') });
  }
  return facts;
}

function useVisits(mailbox: Mailbox): readonly Fact[] {
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const { counts, consentEnd } = mailbox;
  const never = t('common.never');
  return [
    {
      name: t('mailbox.fact.readingSince'),
      value: moment(mailbox.readingSince, '–'),
    },
    {
      name: t('mailbox.fact.lastVisit'),
      value: moment(mailbox.lastVisitAt, never),
    },
    {
      name: t('mailbox.fact.lastSuccess'),
      value: moment(mailbox.lastSuccessAt, never),
    },
    {
      name: t('mailbox.fact.nextVisit'),
      value: moment(mailbox.nextVisitAt, '–'),
    },
    ...(consentEnd
      ? [
          {
            name: t('mailbox.fact.consentEnd'),
            value: <ConsentEndFact end={consentEnd} />,
          },
        ]
      : []),
    { name: t('mailbox.fact.lastDay'), value: counts.lastDay },
    { name: t('mailbox.fact.onServer'), value: counts.onServer ?? '–' },
    { name: t('mailbox.fact.waiting'), value: counts.waiting },
    { name: t('mailbox.fact.held'), value: counts.held },
  ];
}

function ConsentEndFact({ end }: { end: ConsentEnd }) {
  const { t } = useTranslationRef(incomingMailTranslationRef);
  return (
    <>
      <Moment at={end.at} />
      <div>{t(`mailbox.consentEndReason.${end.reason}`)}</div>
    </>
  );
}

function moment(at: string | undefined, otherwise: string): ReactNode {
  return at === undefined ? otherwise : <Moment at={at} />;
}
