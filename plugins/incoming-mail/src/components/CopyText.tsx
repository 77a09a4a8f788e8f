// SPDX-License-Identifier: Apache-2.0
import IconButton from '@material-ui/core/IconButton';
import { makeStyles } from '@material-ui/core/styles';
import CheckIcon from '@material-ui/icons/Check';
import CopyIcon from '@material-ui/icons/FileCopyOutlined';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { useCopy } from '../hooks/useCopy';
import { incomingMailTranslationRef } from '../translation';

const useStyles = makeStyles(
  theme => ({
    root: {
      display: 'flex',
      alignItems: 'flex-start',
      gap: theme.spacing(0.5),
      width: 'fit-content',
      maxWidth: '100%',
      padding: theme.spacing(0.25, 0.5, 0.25, 1),
      border: `1px solid ${theme.palette.divider}`,
      borderRadius: theme.shape.borderRadius,
      backgroundColor: theme.palette.background.default,
    },
    value: {
      ...theme.typography.body2,
      fontFamily: 'ui-monospace, Menlo, Consolas, monospace',
      fontSize: '0.8125rem',
      padding: theme.spacing(0.5, 0),
      minWidth: 0,
      overflowWrap: 'anywhere',
      whiteSpace: 'pre-line',
    },
    outcome: {
      ...theme.typography.caption,
      color: theme.palette.text.secondary,
      '&:empty': { display: 'none' },
    },
  }),
  { name: 'IncomingMailCopyText' },
);

/** Props of {@link CopyText}. */
export interface CopyTextProps {
  /** What the value is, for those who cannot see where it stands. */
  label: string;
  /** Several lines are copied as several lines. */
  value: string;
}

/** A value within a text, with a button that copies it. */
export function CopyText({ label, value }: CopyTextProps) {
  const classes = useStyles();
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const [outcome, copy] = useCopy(value);
  return (
    <div>
      <div className={classes.root}>
        <code className={classes.value}>{value}</code>
        <IconButton
          size="small"
          aria-label={t('copy.button', { label })}
          onClick={copy}
        >
          {outcome === 'done' ? (
            <CheckIcon fontSize="small" />
          ) : (
            <CopyIcon fontSize="small" />
          )}
        </IconButton>
      </div>
      <div role="status" className={classes.outcome}>
        {outcome && t(`copy.${outcome}`)}
      </div>
    </div>
  );
}
