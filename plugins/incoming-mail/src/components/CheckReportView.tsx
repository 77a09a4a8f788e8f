// SPDX-License-Identifier: Apache-2.0
import { makeStyles } from '@material-ui/core/styles';
import Typography from '@material-ui/core/Typography';
import PassedIcon from '@material-ui/icons/Check';
import FailedIcon from '@material-ui/icons/Close';
import WarnedIcon from '@material-ui/icons/PriorityHigh';
import SkippedIcon from '@material-ui/icons/Remove';
import { Link } from '@backstage/core-components';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type { Check, CheckReport } from '@postroom/plugin-incoming-mail-common';
import { incomingMailTranslationRef } from '../translation';
import { Notice } from './Notice';

const icons = {
  passed: PassedIcon,
  failed: FailedIcon,
  warned: WarnedIcon,
  skipped: SkippedIcon,
};

const useStyles = makeStyles(
  theme => ({
    list: { margin: 0, padding: 0, listStyle: 'none' },
    check: {
      display: 'flex',
      gap: theme.spacing(1.5),
      padding: theme.spacing(1, 0),
      borderTop: `1px solid ${theme.palette.divider}`,
      overflowWrap: 'anywhere',
      '&:first-child': { borderTop: 0 },
    },
    body: { minWidth: 0 },
    title: { fontWeight: 600 },
    detail: { color: theme.palette.text.secondary },
    passed: { color: theme.palette.success.main },
    failed: { color: theme.palette.error.main },
    warned: { color: theme.palette.warning.main },
    skipped: { color: theme.palette.text.secondary },
  }),
  { name: 'IncomingMailCheckReport' },
);

/** Props of {@link CheckReportView}. */
export interface CheckReportViewProps {
  report: CheckReport;
}

/** What a doctor found: how it ended in one line, then every check. */
export function CheckReportView({ report }: CheckReportViewProps) {
  const classes = useStyles();
  const { t } = useTranslationRef(incomingMailTranslationRef);
  return (
    <div>
      <Summary report={report} />
      <ol className={classes.list} aria-label={t('check.list')}>
        {report.checks.map(check => (
          <CheckRow key={check.id} check={check} />
        ))}
      </ol>
    </div>
  );
}

function Summary({ report }: CheckReportViewProps) {
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const count = report.checks.filter(
    ({ verdict }) => verdict === 'failed',
  ).length;
  if (!report.ok) {
    return <Notice severity="error" title={t('check.failed', { count })} />;
  }
  return report.checks.some(({ verdict }) => verdict === 'warned') ? (
    <Notice severity="warning" title={t('check.warned')} />
  ) : (
    <Notice severity="success" title={t('check.passed')} />
  );
}

function CheckRow({ check }: { check: Check }) {
  const { verdict, title, detail, link, failure } = check;
  const classes = useStyles();
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const Icon = icons[verdict];
  const remedy = check.remedy ?? (failure && t(`failure.${failure}.remedy`));
  return (
    <li className={classes.check}>
      <Icon
        className={classes[verdict]}
        role="img"
        titleAccess={t(`check.verdict.${verdict}`)}
      />
      <div className={classes.body}>
        <Typography variant="body2" className={classes.title}>
          {title}
        </Typography>
        {detail && (
          <Typography variant="body2" className={classes.detail}>
            {detail}
          </Typography>
        )}
        {remedy && (
          <Typography variant="body2">
            {t('check.remedy', { remedy })}
          </Typography>
        )}
        {link && (
          <Typography variant="body2">
            <Link to={link}>{t('check.link')}</Link>
          </Typography>
        )}
      </div>
    </li>
  );
}
