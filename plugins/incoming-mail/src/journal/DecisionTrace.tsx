// SPDX-License-Identifier: Apache-2.0
import { makeStyles } from '@material-ui/core/styles';
import Typography from '@material-ui/core/Typography';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type { TraceStep } from '@postroom/plugin-incoming-mail-common';
import { incomingMailTranslationRef } from '../translation';

const useStyles = makeStyles(
  theme => ({
    list: { margin: 0, paddingLeft: theme.spacing(3) },
    step: { ...theme.typography.body2, overflowWrap: 'anywhere' },
  }),
  { name: 'IncomingMailDecisionTrace' },
);

/** Props of {@link DecisionTrace}. */
export interface DecisionTraceProps {
  trace: readonly TraceStep[];
}

/** The steps that a mail took, in order, each with its verdict and reason. */
export function DecisionTrace({ trace }: DecisionTraceProps) {
  const classes = useStyles();
  const { t } = useTranslationRef(incomingMailTranslationRef);
  if (trace.length === 0) {
    return <Typography variant="body2">{t('mailLog.noTrace')}</Typography>;
  }
  return (
    <ol className={classes.list} aria-label={t('mailLog.trace')}>
      {trace.map(({ step, verdict, reason }, index) => (
        // A mail with several handlers has several steps of one name.
        <li key={`${index}:${step}`} className={classes.step}>
          <strong>{step}</strong> {t(`mailLog.verdict.${verdict}`)}: {reason}
        </li>
      ))}
    </ol>
  );
}
