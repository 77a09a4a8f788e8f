// SPDX-License-Identifier: Apache-2.0
import { ReactNode } from 'react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Failure, failures } from '@postroom/plugin-incoming-mail-common';
import { incomingMailTranslationRef } from '../translation';
import { useMoment } from './Moment';
import { Notice } from './Notice';

/** Props of {@link FailureAlert}. */
export interface FailureAlertProps {
  failure: Failure;
  actions?: ReactNode;
  onClose?: () => void;
}

/**
 * A failure of the catalogue: what is wrong, who can mend it, and how.
 */
export function FailureAlert(props: FailureAlertProps) {
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const moment = useMoment();
  const { code, since, detail } = props.failure;
  const { fixedBy, retry } = failures[code];
  return (
    <Notice
      severity={retry === 'backoff' ? 'warning' : 'error'}
      title={t(`failure.${code}.title`)}
      actions={props.actions}
      onClose={props.onClose}
    >
      {t(`fixedBy.${fixedBy}`)} {t(`failure.${code}.remedy`)}{' '}
      {since && t('failureAlert.since', { when: moment(since) })}
      {detail && <div>{t('failureAlert.detail', { detail })}</div>}
    </Notice>
  );
}
