// SPDX-License-Identifier: Apache-2.0
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import {
  grantLimits,
  OAuthIntegration,
} from '@postroom/plugin-incoming-mail-common';
import { FailureAlert } from '../../components/FailureAlert';
import { Notice } from '../../components/Notice';
import { incomingMailTranslationRef } from '../../translation';
import { formatDay, SecretExpiry, secretExpiryOf } from './secretExpiry';

/** Props of {@link IntegrationAlerts}. */
export interface IntegrationAlertsProps {
  integration: OAuthIntegration;
}

/** What is wrong with an integration, or soon will be. */
export function IntegrationAlerts({ integration }: IntegrationAlertsProps) {
  const expiry = secretExpiryOf(integration, new Date());
  return (
    <>
      {integration.fault && <FailureAlert failure={integration.fault} />}
      {expiry && expiry.severity !== 'success' && (
        <ExpiryNotice expiry={expiry} />
      )}
      {integration.crowdedAccount && (
        <CrowdNotice {...integration.crowdedAccount} />
      )}
    </>
  );
}

function CrowdNotice(props: { account: string; grants: number }) {
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const { account, grants } = props;
  return (
    <Notice
      severity="warning"
      title={t('integrations.crowd.title', { count: grants, account })}
    >
      {t('integrations.crowd.text', { limit: String(grantLimits.refuseFrom) })}
    </Notice>
  );
}

function ExpiryNotice({ expiry }: { expiry: SecretExpiry }) {
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const { days, severity } = expiry;
  const date = formatDay(expiry.expiresOn);
  if (days < 0) {
    return (
      <Notice
        severity={severity}
        title={t('integrations.secretExpiry.expiredTitle', { date })}
      >
        {t('integrations.secretExpiry.expiredText')}
      </Notice>
    );
  }
  return (
    <Notice
      severity={severity}
      title={
        days === 0
          ? t('integrations.secretExpiry.todayTitle')
          : t('integrations.secretExpiry.soonTitle', { count: days, date })
      }
    >
      {t('integrations.secretExpiry.text')}
    </Notice>
  );
}
