// SPDX-License-Identifier: Apache-2.0
import { ReactNode, useState } from 'react';
import Button from '@material-ui/core/Button';
import Paper from '@material-ui/core/Paper';
import { makeStyles } from '@material-ui/core/styles';
import Typography from '@material-ui/core/Typography';
import LessIcon from '@material-ui/icons/ExpandLess';
import MoreIcon from '@material-ui/icons/ExpandMore';
import { Link } from '@backstage/core-components';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { CopyText } from '../../../components/CopyText';
import { SectionHeading } from '../../../components/SectionHeading';
import { Stack } from '../../../components/Stack';
import { incomingMailTranslationRef } from '../../../translation';

const useStyles = makeStyles(
  theme => ({
    root: { padding: theme.spacing(1.5, 2) },
    steps: {
      margin: 0,
      paddingLeft: theme.spacing(3),
      '& > li': { marginBottom: theme.spacing(2) },
      '& > li:last-child': { marginBottom: 0 },
      '& > li::marker': { fontWeight: 600 },
    },
    title: { fontWeight: 600 },
    // Lines of reading length.
    text: { maxWidth: '80ch' },
    note: {
      maxWidth: '80ch',
      marginTop: theme.spacing(0.5),
      paddingLeft: theme.spacing(1),
      borderLeft: `3px solid ${theme.palette.warning.main}`,
    },
    copies: {
      display: 'flex',
      flexWrap: 'wrap',
      gap: theme.spacing(1),
      marginTop: theme.spacing(1),
      '&:empty': { display: 'none' },
    },
    disclaimer: { color: theme.palette.text.secondary, maxWidth: '80ch' },
  }),
  { name: 'IncomingMailSetupGuide' },
);

/** One thing to do at the provider or here. */
export interface GuideStep {
  readonly title: string;
  readonly text: string;
  /** What goes wrong here most often. */
  readonly note?: string;
  /** What is pasted in this step; without a value there is nothing yet. */
  readonly copies?: readonly { label: string; value: string | undefined }[];
  readonly link?: { label: string; to: string };
}

/** Props of {@link SetupGuide}. */
export interface SetupGuideProps {
  title: string;
  /** Whose pages these steps are about, and whom to ask. */
  disclaimer: string;
  steps: readonly GuideStep[];
  /** What has to be known before, above the steps. */
  children?: ReactNode;
  defaultOpen: boolean;
}

/** Numbered steps that can be folded away. */
export function SetupGuide(props: SetupGuideProps) {
  const classes = useStyles();
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const [open, setOpen] = useState(props.defaultOpen);
  return (
    <Paper
      variant="outlined"
      className={classes.root}
      role="group"
      aria-label={props.title}
    >
      <Stack>
        <SectionHeading
          small
          title={props.title}
          actions={
            <Button
              size="small"
              aria-expanded={open}
              endIcon={open ? <LessIcon /> : <MoreIcon />}
              onClick={() => setOpen(!open)}
            >
              {t(open ? 'guide.hide' : 'guide.show')}
            </Button>
          }
        />
        {open && (
          <>
            <Typography variant="body2" className={classes.disclaimer}>
              {props.disclaimer}
            </Typography>
            {props.children}
            <ol className={classes.steps}>
              {props.steps.map(step => (
                <StepItem key={step.title} step={step} />
              ))}
            </ol>
          </>
        )}
      </Stack>
    </Paper>
  );
}

function StepItem({ step }: { step: GuideStep }) {
  const classes = useStyles();
  return (
    <li>
      <Typography variant="body2" className={classes.title}>
        {step.title}
      </Typography>
      <Typography variant="body2" className={classes.text}>
        {step.text}
        {step.link && (
          <>
            {' '}
            <Link to={step.link.to}>{step.link.label}</Link>
          </>
        )}
      </Typography>
      {step.note && (
        <Typography variant="body2" className={classes.note}>
          {step.note}
        </Typography>
      )}
      <div className={classes.copies}>
        {step.copies?.map(
          ({ label, value }) =>
            value && <CopyText key={label} label={label} value={value} />,
        )}
      </div>
    </li>
  );
}
