// SPDX-License-Identifier: Apache-2.0
import { ReactNode } from 'react';
import { makeStyles } from '@material-ui/core/styles';

const useStyles = makeStyles(
  theme => ({
    root: {
      display: 'grid',
      gridTemplateColumns: 'repeat(auto-fill, minmax(min(100%, 130px), 1fr))',
      gap: theme.spacing(2),
      [theme.breakpoints.up('sm')]: {
        gridTemplateColumns: 'repeat(auto-fill, minmax(180px, 1fr))',
      },
      margin: 0,
    },
    wide: { [theme.breakpoints.up('xs')]: { gridTemplateColumns: '1fr' } },
    name: {
      ...theme.typography.caption,
      color: theme.palette.text.secondary,
    },
    value: {
      ...theme.typography.body2,
      margin: 0,
      overflowWrap: 'anywhere',
    },
  }),
  { name: 'IncomingMailFacts' },
);

/** Props of {@link Facts}. */
export interface FactsProps {
  facts: readonly { name: string; value: ReactNode }[];
  /** One below the other, for values as long as addresses. */
  wide?: boolean;
}

/** Names and values, in as many columns as fit. */
export function Facts({ facts, wide }: FactsProps) {
  const classes = useStyles();
  return (
    <dl className={`${classes.root} ${wide ? classes.wide : ''}`}>
      {facts.map(({ name, value }) => (
        <div key={name}>
          <dt className={classes.name}>{name}</dt>
          <dd className={classes.value}>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
