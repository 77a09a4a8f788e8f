// SPDX-License-Identifier: Apache-2.0
import Button from '@material-ui/core/Button';
import { useApi } from '@backstage/core-plugin-api';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type {
  NextSecretState,
  OAuthIntegration,
  RetireClientSecret,
} from '@postroom/plugin-incoming-mail-common';
import { incomingMailApiRef } from '../../api/incomingMailApiRef';
import { ErrorAlert } from '../../components/ErrorAlert';
import { Notice, Severity } from '../../components/Notice';
import { useAction } from '../../hooks/useAction';
import { incomingMailTranslationRef } from '../../translation';

const severities: Readonly<Record<NextSecretState, Severity>> = {
  untried: 'info',
  'in-use': 'success',
  refused: 'warning',
};

/** Props of {@link SecretRotation}. */
export interface SecretRotationProps {
  integration: OAuthIntegration;
  /** Whether something was typed that a reload would take away. */
  isChanged: boolean;
  canUpdate: boolean;
  onRetired: () => void;
}

/**
 * How far the change of a client secret is: which of the two is in use, and
 * the way to end it. Nothing where there is one secret only.
 */
export function SecretRotation(props: SecretRotationProps) {
  const { integration, onRetired } = props;
  const { nextClientSecret: next, id, version } = integration;
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const api = useApi(incomingMailApiRef);
  const [retiring, retire, reset] = useAction(
    async (secret: RetireClientSecret['secret']) => {
      await api.call('retireClientSecret', {
        params: { integrationId: id },
        body: { secret, version },
      });
      onRetired();
    },
  );
  if (!next) {
    return null;
  }
  const disabled =
    props.isChanged || !props.canUpdate || retiring.status === 'busy';
  return (
    <>
      <Notice
        severity={severities[next.state]}
        title={t(`integrations.rotation.${next.state}.title`)}
        actions={
          <>
            {next.state === 'in-use' && (
              <Button
                variant="outlined"
                size="small"
                disabled={disabled}
                onClick={() => retire('present')}
              >
                {t('integrations.rotation.removeOld')}
              </Button>
            )}
            <Button
              size="small"
              disabled={disabled}
              onClick={() => retire('next')}
            >
              {t('integrations.rotation.removeNew')}
            </Button>
          </>
        }
      >
        {t(`integrations.rotation.${next.state}.text`)}
        {props.isChanged && ` ${t('integrations.rotation.unsaved')}`}
      </Notice>
      {retiring.status === 'failed' && (
        <ErrorAlert error={retiring.error} onClose={reset} />
      )}
    </>
  );
}
