// SPDX-License-Identifier: Apache-2.0
import { useCallback } from 'react';
import { makeStyles } from '@material-ui/core/styles';

const format = new Intl.DateTimeFormat(undefined, {
  dateStyle: 'medium',
  timeStyle: 'short',
});

const useStyles = makeStyles(
  { root: { whiteSpace: 'nowrap' } },
  { name: 'IncomingMailMoment' },
);

/** Writes an instant as the person's language and time zone have it. */
export function useMoment(): (at: string) => string {
  return useCallback((at: string) => format.format(new Date(at)), []);
}

/** An instant, readable by people and by machines. */
export function Moment({ at }: { at: string }) {
  const classes = useStyles();
  const moment = useMoment();
  return (
    <time dateTime={at} className={classes.root}>
      {moment(at)}
    </time>
  );
}
