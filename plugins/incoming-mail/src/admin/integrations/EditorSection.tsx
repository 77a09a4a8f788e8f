// SPDX-License-Identifier: Apache-2.0
import { ReactNode } from 'react';
import Paper from '@material-ui/core/Paper';
import { makeStyles } from '@material-ui/core/styles';
import { SectionHeading } from '../../components/SectionHeading';
import { Stack } from '../../components/Stack';

const useStyles = makeStyles(
  theme => ({ root: { padding: theme.spacing(2, 2, 2.5) } }),
  { name: 'IncomingMailEditorSection' },
);

/** Props of {@link EditorSection}. */
export interface EditorSectionProps {
  title: string;
  text?: string;
  children: ReactNode;
}

/** A part of the editor under a heading of its own. */
export function EditorSection(props: EditorSectionProps) {
  const classes = useStyles();
  return (
    <Paper variant="outlined" component="section" className={classes.root}>
      <Stack>
        <SectionHeading small title={props.title} text={props.text} />
        {props.children}
      </Stack>
    </Paper>
  );
}
