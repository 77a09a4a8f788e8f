// SPDX-License-Identifier: Apache-2.0
import { makeStyles } from '@material-ui/core/styles';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { incomingMailTranslationRef } from '../translation';

const useStyles = makeStyles(
  theme => ({
    root: { padding: theme.spacing(1, 0) },
    row: {
      height: theme.spacing(2),
      margin: theme.spacing(2, 0),
      borderRadius: theme.shape.borderRadius,
      backgroundColor: theme.palette.action.hover,
      animation: '$breathe 1.6s ease-in-out infinite',
      '@media (prefers-reduced-motion: reduce)': { animation: 'none' },
    },
    '@keyframes breathe': { '50%': { opacity: 0.4 } },
  }),
  { name: 'IncomingMailLoadingRows' },
);

/** Holds the place of rows that are on their way. */
export function LoadingRows() {
  const classes = useStyles();
  const { t } = useTranslationRef(incomingMailTranslationRef);
  return (
    <div
      className={classes.root}
      role="status"
      aria-label={t('common.loading')}
    >
      <div className={classes.row} style={{ width: '60%' }} />
      <div className={classes.row} style={{ width: '90%' }} />
      <div className={classes.row} style={{ width: '75%' }} />
    </div>
  );
}
