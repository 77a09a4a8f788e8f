// SPDX-License-Identifier: Apache-2.0
import Chip from '@material-ui/core/Chip';
import { makeStyles } from '@material-ui/core/styles';
import { Severity } from './Notice';

const useStyles = makeStyles(
  theme => {
    const severity = (color: string) => ({
      borderColor: color,
      // The dot has the colour and the word stays in the text's own, which is
      // readable on light and on dark.
      '& $dot': { backgroundColor: color },
    });
    return {
      root: { margin: 0 },
      dot: {
        width: 8,
        height: 8,
        borderRadius: '50%',
        marginLeft: theme.spacing(1),
      },
      success: severity(theme.palette.success.main),
      info: severity(theme.palette.info.main),
      warning: severity(theme.palette.warning.main),
      error: severity(theme.palette.error.main),
    };
  },
  { name: 'IncomingMailHealthBadge' },
);

/** Props of {@link HealthBadge}. */
export interface HealthBadgeProps {
  severity: Severity;
  label: string;
}

/** A state in one word, with a colour that only repeats what the word says. */
export function HealthBadge({ severity, label }: HealthBadgeProps) {
  const classes = useStyles();
  return (
    <Chip
      variant="outlined"
      size="small"
      label={label}
      icon={<span className={classes.dot} aria-hidden />}
      className={`${classes.root} ${classes[severity]}`}
    />
  );
}
