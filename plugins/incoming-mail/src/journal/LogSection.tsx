// SPDX-License-Identifier: Apache-2.0
import { ReactNode } from 'react';
import Paper from '@material-ui/core/Paper';
import { makeStyles } from '@material-ui/core/styles';
import { LoadedView } from '../components/LoadedView';
import { SectionHeading } from '../components/SectionHeading';
import { ShowMore } from '../components/ShowMore';
import { Stack } from '../components/Stack';
import type { Pages } from '../hooks/usePages';

const useStyles = makeStyles(
  theme => ({ root: { padding: theme.spacing(2) } }),
  { name: 'IncomingMailLogSection' },
);

/** Props of {@link LogSection}. */
export interface LogSectionProps<T> {
  title: string;
  text?: string;
  pages: Pages<T>;
  children: (items: readonly T[]) => ReactNode;
}

/** A log under its heading, page by page. */
export function LogSection<T>(props: LogSectionProps<T>) {
  const { list, showMore, showingMore } = props.pages;
  const classes = useStyles();
  return (
    <Paper variant="outlined" component="section" className={classes.root}>
      <Stack>
        <SectionHeading small title={props.title} text={props.text} />
        <LoadedView loaded={list}>{props.children}</LoadedView>
        <ShowMore
          onShowMore={showMore}
          busy={showingMore.status === 'busy'}
          error={
            showingMore.status === 'failed' ? showingMore.error : undefined
          }
        />
      </Stack>
    </Paper>
  );
}
