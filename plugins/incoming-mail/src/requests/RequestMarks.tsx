// SPDX-License-Identifier: Apache-2.0
import Chip from '@material-ui/core/Chip';
import { makeStyles } from '@material-ui/core/styles';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type { RequestSummary } from '@postroom/plugin-incoming-mail-common';
import { incomingMailTranslationRef } from '../translation';

const useStyles = makeStyles(
  theme => ({
    root: {
      display: 'flex',
      flexWrap: 'wrap',
      gap: theme.spacing(0.5),
      listStyle: 'none',
      margin: 0,
      padding: 0,
    },
    chip: { margin: 0, maxWidth: '100%' },
  }),
  { name: 'IncomingMailRequestMarks' },
);

/** Props of {@link RequestMarks}. */
export interface RequestMarksProps {
  request: Pick<RequestSummary, 'requestType' | 'priority' | 'labels'>;
}

/** Type, priority and labels of a request, where it has any. */
export function RequestMarks({ request }: RequestMarksProps) {
  const classes = useStyles();
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const { requestType, priority, labels } = request;
  const marks = [
    ...(requestType === undefined ? [] : [requestType]),
    ...(priority === undefined ? [] : [t(`request.priority.${priority}`)]),
    ...labels,
  ];
  if (marks.length === 0) {
    return null;
  }
  return (
    <ul className={classes.root} aria-label={t('request.marks')}>
      {marks.map((mark, index) => (
        // A label may be the same word as the type.
        <li key={`${index}:${mark}`}>
          <Chip
            variant="outlined"
            size="small"
            label={<bdi>{mark}</bdi>}
            className={classes.chip}
          />
        </li>
      ))}
    </ul>
  );
}
