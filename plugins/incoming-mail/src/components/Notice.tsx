// SPDX-License-Identifier: Apache-2.0
import { ReactNode } from 'react';
import IconButton from '@material-ui/core/IconButton';
import { makeStyles } from '@material-ui/core/styles';
import Paper from '@material-ui/core/Paper';
import Typography from '@material-ui/core/Typography';
import CheckIcon from '@material-ui/icons/CheckCircleOutline';
import CloseIcon from '@material-ui/icons/Close';
import ErrorIcon from '@material-ui/icons/ErrorOutline';
import InfoIcon from '@material-ui/icons/InfoOutlined';
import WarningIcon from '@material-ui/icons/ReportProblemOutlined';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { incomingMailTranslationRef } from '../translation';

/** What a notice is about, by which it is coloured and announced. */
export type Severity = 'success' | 'info' | 'warning' | 'error';

const icons = {
  success: CheckIcon,
  info: InfoIcon,
  warning: WarningIcon,
  error: ErrorIcon,
};

const useStyles = makeStyles(
  theme => {
    const severity = (color: string) => ({
      borderLeft: `4px solid ${color}`,
      '& > svg': { color },
    });
    return {
      root: {
        display: 'flex',
        alignItems: 'flex-start',
        gap: theme.spacing(1.5),
        padding: theme.spacing(1.5, 2),
        overflowWrap: 'anywhere',
      },
      body: { flex: 1, minWidth: 0 },
      title: { fontWeight: 600 },
      actions: {
        display: 'flex',
        flexWrap: 'wrap',
        gap: theme.spacing(1),
        marginTop: theme.spacing(1),
        '&:empty': { display: 'none' },
      },
      success: severity(theme.palette.success.main),
      info: severity(theme.palette.info.main),
      warning: severity(theme.palette.warning.main),
      error: severity(theme.palette.error.main),
    };
  },
  { name: 'IncomingMailNotice' },
);

/** Props of {@link Notice}. */
export interface NoticeProps {
  severity: Severity;
  title: string;
  children?: ReactNode;
  /** Buttons and links below the text. */
  actions?: ReactNode;
  onClose?: () => void;
}

/** A message on the page: read out at once when it tells of an error. */
export function Notice(props: NoticeProps) {
  const classes = useStyles();
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const Icon = icons[props.severity];
  return (
    <Paper
      variant="outlined"
      className={`${classes.root} ${classes[props.severity]}`}
      role={props.severity === 'error' ? 'alert' : 'status'}
    >
      <Icon aria-hidden />
      <div className={classes.body}>
        <Typography variant="body2" component="p" className={classes.title}>
          {props.title}
        </Typography>
        {props.children && (
          <Typography variant="body2" component="div">
            {props.children}
          </Typography>
        )}
        <div className={classes.actions}>{props.actions}</div>
      </div>
      {props.onClose && (
        <IconButton
          size="small"
          aria-label={t('common.close')}
          onClick={props.onClose}
        >
          <CloseIcon fontSize="small" />
        </IconButton>
      )}
    </Paper>
  );
}
