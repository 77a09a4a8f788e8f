// SPDX-License-Identifier: Apache-2.0
import Button from '@material-ui/core/Button';
import Paper from '@material-ui/core/Paper';
import { makeStyles } from '@material-ui/core/styles';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type { CheckReport } from '@postroom/plugin-incoming-mail-common';
import type { ActionState } from '../hooks/useAction';
import { incomingMailTranslationRef } from '../translation';
import { CheckReportView } from './CheckReportView';
import { ErrorAlert } from './ErrorAlert';
import { Notice } from './Notice';
import { SectionHeading } from './SectionHeading';
import { Stack } from './Stack';

const useStyles = makeStyles(
  theme => ({ root: { padding: theme.spacing(2) } }),
  { name: 'IncomingMailCheckPanel' },
);

/** Props of {@link CheckPanel}. */
export interface CheckPanelProps {
  /** The panel's heading. */
  title: string;
  checking: ActionState<CheckReport>;
  onClose: () => void;
}

/** How far the check of a mailbox is, and what it found. */
export function CheckPanel({ title, checking, onClose }: CheckPanelProps) {
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
              title={title}
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
