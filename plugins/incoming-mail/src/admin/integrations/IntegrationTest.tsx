// SPDX-License-Identifier: Apache-2.0
import Button from '@material-ui/core/Button';
import Typography from '@material-ui/core/Typography';
import { useApi } from '@backstage/core-plugin-api';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { incomingMailApiRef } from '../../api/incomingMailApiRef';
import { CheckReportView } from '../../components/CheckReportView';
import { ErrorAlert } from '../../components/ErrorAlert';
import { Notice } from '../../components/Notice';
import { useAction } from '../../hooks/useAction';
import { incomingMailTranslationRef } from '../../translation';
import { EditorSection } from './EditorSection';

/** Props of {@link IntegrationTest}. */
export interface IntegrationTestProps {
  integrationId: string;
  /** Whether something was typed that is not saved, and so not tested. */
  isChanged?: boolean;
  /** A check may find a fault, or that one is gone. */
  onChecked?: () => void;
}

/** The part with *Test connection* for a saved integration, and what it found. */
export function IntegrationTest(props: IntegrationTestProps) {
  const { integrationId, onChecked } = props;
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const api = useApi(incomingMailApiRef);
  const [checking, check] = useAction(async () => {
    const report = await api.call('checkIntegration', {
      params: { integrationId },
    });
    onChecked?.();
    return report;
  });
  return (
    <EditorSection
      title={t('integrations.test.title')}
      text={t('integrations.test.text')}
    >
      {props.isChanged && (
        <Typography variant="body2">
          {t('integrations.test.unsaved')}
        </Typography>
      )}
      <div>
        <Button
          variant="outlined"
          color="primary"
          disabled={checking.status === 'busy'}
          onClick={check}
        >
          {t('integrations.test.button')}
        </Button>
      </div>
      {checking.status === 'busy' && (
        <Notice severity="info" title={t('check.running')} />
      )}
      {checking.status === 'failed' && <ErrorAlert error={checking.error} />}
      {checking.status === 'done' && (
        <CheckReportView report={checking.value} />
      )}
    </EditorSection>
  );
}
