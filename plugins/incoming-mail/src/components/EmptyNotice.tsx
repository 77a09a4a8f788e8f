// SPDX-License-Identifier: Apache-2.0
import { ComponentType, ReactNode } from 'react';
import { makeStyles } from '@material-ui/core/styles';
import Typography from '@material-ui/core/Typography';

const useStyles = makeStyles(
  theme => ({
    root: {
      display: 'flex',
      flexDirection: 'column',
      alignItems: 'center',
      textAlign: 'center',
      gap: theme.spacing(1),
      maxWidth: 560,
      margin: '0 auto',
      padding: theme.spacing(5, 2),
    },
    icon: { fontSize: 48, color: theme.palette.text.secondary },
    text: { color: theme.palette.text.secondary },
    action: { marginTop: theme.spacing(1), '&:empty': { display: 'none' } },
  }),
  { name: 'IncomingMailEmptyNotice' },
);

/** Props of {@link EmptyNotice}. */
export interface EmptyNoticeProps {
  icon: ComponentType<{ className?: string; 'aria-hidden'?: boolean }>;
  title: string;
  /** What is missing and what makes it appear. */
  text: string;
  action?: ReactNode;
}

/** Stands where there is nothing to show, and says what to do about it. */
export function EmptyNotice(props: EmptyNoticeProps) {
  const classes = useStyles();
  const { icon: Icon } = props;
  return (
    <div className={classes.root}>
      <Icon className={classes.icon} aria-hidden />
      <Typography variant="h6" component="h3">
        {props.title}
      </Typography>
      <Typography variant="body2" className={classes.text}>
        {props.text}
      </Typography>
      <div className={classes.action}>{props.action}</div>
    </div>
  );
}
