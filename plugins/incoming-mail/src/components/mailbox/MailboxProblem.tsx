// SPDX-License-Identifier: Apache-2.0
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type { Channel } from '@postroom/plugin-incoming-mail-common';
import { incomingMailTranslationRef } from '../../translation';
import { FailureAlert } from '../FailureAlert';
import { Notice } from '../Notice';

/** Props of {@link MailboxProblem}. */
export interface MailboxProblemProps {
  mailbox: Pick<
    Channel,
    | 'state'
    | 'failure'
    | 'authentication'
    | 'grantType'
    | 'afterStoring'
    | 'afterStoringRefusal'
  >;
  /** Whether something is under way that may be its end. */
  busy: boolean;
}

/** What is wrong, where something is. */
export function MailboxProblem(props: MailboxProblemProps) {
  return (
    <>
      <ReadingProblem {...props} />
      <AfterStoringProblem {...props} />
    </>
  );
}

/** Reading goes on, so it is told beside what is wrong with that. */
function AfterStoringProblem({ mailbox }: MailboxProblemProps) {
  const { afterStoring, afterStoringRefusal: refusal } = mailbox;
  const { t } = useTranslationRef(incomingMailTranslationRef);
  return refusal === undefined || afterStoring.action === 'leave' ? null : (
    <Notice
      severity="warning"
      title={t(`mailbox.afterStoring.refused.${afterStoring.action}`)}
    >
      {t(`mailbox.afterStoring.refusal.${refusal}`)}
    </Notice>
  );
}

/** A draft lacks its consent or first sign-in. */
function ReadingProblem({ mailbox, busy }: MailboxProblemProps) {
  const { state, failure, authentication, grantType } = mailbox;
  const { t } = useTranslationRef(incomingMailTranslationRef);
  if (state === 'paused') {
    return (
      <Notice severity="info" title={t('mailbox.paused.title')}>
        {t('mailbox.paused.text')}
      </Notice>
    );
  }
  if (failure && failure.code !== 'not-authorized-yet') {
    return <FailureAlert failure={failure} />;
  }
  if (state !== 'draft' || busy) {
    return null;
  }
  const isPassword = authentication.method === 'password';
  return isPassword || grantType === 'client_credentials' ? (
    <Notice severity="info" title={t('mailbox.notConnected.title')}>
      {t(
        isPassword
          ? 'mailbox.notConnected.password'
          : 'mailbox.notConnected.application',
      )}
    </Notice>
  ) : (
    <Notice severity="info" title={t('failure.not-authorized-yet.title')}>
      {t('failure.not-authorized-yet.remedy')}
    </Notice>
  );
}
