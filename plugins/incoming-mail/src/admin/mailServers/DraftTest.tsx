// SPDX-License-Identifier: Apache-2.0
import Button from '@material-ui/core/Button';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { LinkButton } from '@backstage/core-components';
import type { TestedDraft } from '@postroom/plugin-incoming-mail-common';
import { ButtonRow } from '../../components/ButtonRow';
import { CheckReportView } from '../../components/CheckReportView';
import { ErrorAlert } from '../../components/ErrorAlert';
import { Notice } from '../../components/Notice';
import type { ActionState } from '../../hooks/useAction';
import { incomingMailTranslationRef } from '../../translation';
import { EditorSection } from '../integrations/EditorSection';
import { draftErrorsOf, SaveState } from './mailServerForm';
import { saveObstacleOf } from './saveObstacleOf';

/** Props of {@link DraftTest}. */
export interface DraftTestProps {
  testing: ActionState<TestedDraft | undefined>;
  saving: ActionState<void>;
  saveState: SaveState;
  /** Whether fields were refused before anything was sent. */
  invalid: boolean;
  maySave: boolean;
  cancelPath: string;
  onTest: () => void;
  /** Starts from what is stored now, after a change in between. */
  onReload?: () => void;
}

/** *Test connection*, and *Save*, which waits for a test that passed. */
export function DraftTest(props: DraftTestProps) {
  const { testing, saving, saveState } = props;
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const busy = testing.status === 'busy' || saving.status === 'busy';
  return (
    <EditorSection
      title={t('mailServer.testSection')}
      text={t('mailServer.testText')}
    >
      <div>
        <Button
          variant="outlined"
          color="primary"
          disabled={busy}
          onClick={props.onTest}
        >
          {t('mailServer.test')}
        </Button>
      </div>
      {testing.status === 'busy' && (
        <Notice severity="info" title={t('check.running')} />
      )}
      {testing.status === 'done' && testing.value && (
        <CheckReportView report={testing.value.report} />
      )}
      <Refusal {...props} />
      <SaveStateNotice {...props} />
      <ButtonRow>
        <Button
          type="submit"
          variant="contained"
          color="primary"
          disabled={busy || !props.maySave || saveState !== 'ready'}
        >
          {t(saving.status === 'busy' ? 'common.saving' : 'common.save')}
        </Button>
        <LinkButton to={props.cancelPath}>{t('common.cancel')}</LinkButton>
      </ButtonRow>
    </EditorSection>
  );
}

/** Why what was sent was not taken, unless the notice below says it. */
function Refusal({ testing, saving, invalid }: DraftTestProps) {
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const error = [saving, testing].flatMap(state =>
    state.status === 'failed' ? [state.error] : [],
  )[0];
  if (invalid || Object.keys(draftErrorsOf(error)).length > 0) {
    return <Notice severity="error" title={t('editor.invalid')} />;
  }
  return error && !saveObstacleOf(error) ? <ErrorAlert error={error} /> : null;
}

/** Whether what is in the form can be saved, and if not, why. */
function SaveStateNotice({ testing, saveState, onReload }: DraftTestProps) {
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const hasFailed =
    saveState === 'not-tested' &&
    testing.status === 'done' &&
    testing.value?.report.ok === false;
  const severities = {
    ready: 'success',
    'not-tested': 'info',
    'changed-since-test': 'warning',
    'test-too-old': 'warning',
    'server-changed': 'error',
  } as const;
  return (
    <Notice
      severity={hasFailed ? 'warning' : severities[saveState]}
      title={t(`mailServer.toSave.${hasFailed ? 'test-failed' : saveState}`)}
      actions={
        saveState === 'server-changed' &&
        onReload && (
          <Button size="small" variant="outlined" onClick={onReload}>
            {t('common.reload')}
          </Button>
        )
      }
    />
  );
}
