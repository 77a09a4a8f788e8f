// SPDX-License-Identifier: Apache-2.0
import { ReactNode } from 'react';
import { makeStyles } from '@material-ui/core/styles';

const useStyles = makeStyles(
  theme => ({
    root: { display: 'flex', flexWrap: 'wrap', gap: theme.spacing(1) },
  }),
  { name: 'IncomingMailButtonRow' },
);

/** Props of {@link ButtonRow}. */
export interface ButtonRowProps {
  children: ReactNode;
  /** The group's accessible name, where it has one. */
  label?: string;
}

/** Buttons beside each other, as far as they fit. */
export function ButtonRow({ children, label }: ButtonRowProps) {
  const classes = useStyles();
  return (
    <div
      className={classes.root}
      role={label === undefined ? undefined : 'group'}
      aria-label={label}
    >
      {children}
    </div>
  );
}
