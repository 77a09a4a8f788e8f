// SPDX-License-Identifier: Apache-2.0
import Button from '@material-ui/core/Button';
import Paper from '@material-ui/core/Paper';
import { makeStyles } from '@material-ui/core/styles';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type { CheckReport } from '@postroom/plugin-incoming-mail-common';
import { CheckReportView } from '../components/CheckReportView';
import { ErrorAlert } from '../components/ErrorAlert';
import { Notice } from '../components/Notice';
import { SectionHeading } from '../components/SectionHeading';
import { Stack } from '../components/Stack';
import type { ActionState } from '../hooks/useAction';
import { incomingMailTranslationRef } from '../translation';

const useStyles = makeStyles(
  theme => ({ root: { padding: theme.spacing(2) } }),
  { name: 'IncomingMailChannelCheck' },
);

/** Props of {@link ChannelCheck}. */
export interface ChannelCheckProps {
  checking: ActionState<CheckReport>;
  onClose: () => void;
}

/** How far the check of a channel is, and what it found. */
export function ChannelCheck({ checking, onClose }: ChannelCheckProps) {
  const classes = useStyles();
  const { t } = useTranslationRef(incomingMailTranslationRef);
  switch (checking.status) {
    case 'busy':
      return <Notice severity="info" title={t('check.running')} />;
    case 'failed':
      return <ErrorAlert error={checking.error} onClose={onClose} />;
    case 'done':
      return (
        <Paper variant="outlined" component="section" className={classes.root}>
          <Stack>
            <SectionHeading
              small
              title={t('channel.status.checkTitle')}
              actions={
                <Button size="small" onClick={onClose}>
                  {t('common.close')}
                </Button>
              }
            />
            <CheckReportView report={checking.value} />
          </Stack>
        </Paper>
      );
    default:
      return null;
  }
}
