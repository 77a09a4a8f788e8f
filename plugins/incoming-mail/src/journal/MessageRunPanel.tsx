// SPDX-License-Identifier: Apache-2.0
import Button from '@material-ui/core/Button';
import Typography from '@material-ui/core/Typography';
import ReplayIcon from '@material-ui/icons/Replay';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import {
  MessageDryRun,
  MessageSummary,
  runnableStates,
} from '@postroom/plugin-incoming-mail-common';
import { ButtonRow } from '../components/ButtonRow';
import { ErrorAlert } from '../components/ErrorAlert';
import { Notice } from '../components/Notice';
import { Stack } from '../components/Stack';
import { useAction } from '../hooks/useAction';
import { incomingMailTranslationRef } from '../translation';
import { DecisionTrace } from './DecisionTrace';

/** What a person may have done with a mail. */
export interface MessageRunActions {
  dryRun: (message: MessageSummary) => Promise<MessageDryRun>;
  runAgain: (message: MessageSummary) => Promise<unknown>;
}

/** Props of {@link MessageRunPanel}. */
export interface MessageRunPanelProps {
  message: MessageSummary;
  actions: MessageRunActions;
}

/** Looks what would become of a mail now, and has a held one handled again. */
export function MessageRunPanel({ message, actions }: MessageRunPanelProps) {
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const [trying, dryRun, resetTrying] = useAction(() =>
    actions.dryRun(message),
  );
  const [running, runAgain] = useAction(async () => {
    resetTrying();
    await actions.runAgain(message);
  });
  const busy = trying.status === 'busy' || running.status === 'busy';
  // Of a mail that is here in part, another run would make the same.
  const isRunnable =
    runnableStates.includes(message.state) && !message.truncated;
  return (
    <Stack>
      <ButtonRow>
        <Button
          size="small"
          variant="outlined"
          disabled={busy}
          onClick={dryRun}
        >
          {t('mailLog.dryRun.button')}
        </Button>
        {isRunnable && (
          <Button
            size="small"
            variant="outlined"
            startIcon={<ReplayIcon />}
            disabled={busy}
            onClick={runAgain}
          >
            {t('mailLog.runAgain.button')}
          </Button>
        )}
      </ButtonRow>
      {trying.status === 'failed' && <ErrorAlert error={trying.error} />}
      {running.status === 'failed' && <ErrorAlert error={running.error} />}
      {running.status === 'done' && (
        <Notice severity="info" title={t('mailLog.runAgain.started')} />
      )}
      {/* There before what it tells, so that it is read out. */}
      <div aria-live="polite">
        {trying.status === 'done' && <DryRunResult run={trying.value} />}
      </div>
    </Stack>
  );
}

function DryRunResult({ run }: { run: MessageDryRun }) {
  const { t } = useTranslationRef(incomingMailTranslationRef);
  return (
    <section aria-label={t('mailLog.dryRun.title')}>
      <Typography variant="body2">
        <strong>{t('mailLog.dryRun.title')}:</strong>{' '}
        {run.state
          ? t(`mailLog.dryRun.state.${run.state}`)
          : t('mailLog.dryRun.unknown')}
      </Typography>
      <DecisionTrace trace={run.trace} />
    </section>
  );
}
