// SPDX-License-Identifier: Apache-2.0
import { ReactNode } from 'react';
import { makeStyles } from '@material-ui/core/styles';
import Typography from '@material-ui/core/Typography';

const useStyles = makeStyles(
  theme => ({
    root: {
      display: 'flex',
      flexWrap: 'wrap',
      alignItems: 'center',
      justifyContent: 'space-between',
      gap: theme.spacing(1, 2),
    },
    title: { margin: 0, overflowWrap: 'anywhere' },
    // Below the text where they do not fit beside the title.
    actions: { [theme.breakpoints.down('xs')]: { order: 1 } },
    text: {
      flexBasis: '100%',
      // Lines of reading length; the rest of the row stays empty.
      paddingRight: 'max(0px, 100% - 80ch)',
      color: theme.palette.text.secondary,
    },
  }),
  { name: 'IncomingMailSectionHeading' },
);

/** Props of {@link SectionHeading}. */
export interface SectionHeadingProps {
  title: ReactNode;
  text?: string;
  /** The buttons of the section. */
  actions?: ReactNode;
  /** A section within a section. */
  small?: boolean;
}

/** The heading of a section, with its buttons; wraps on a narrow screen. */
export function SectionHeading(props: SectionHeadingProps) {
  const classes = useStyles();
  return (
    <div className={classes.root}>
      <Typography
        variant={props.small ? 'h6' : 'h5'}
        component={props.small ? 'h3' : 'h2'}
        className={classes.title}
      >
        {props.title}
      </Typography>
      {props.actions && <div className={classes.actions}>{props.actions}</div>}
      {props.text && (
        <Typography variant="body2" className={classes.text}>
          {props.text}
        </Typography>
      )}
    </div>
  );
}
