// SPDX-License-Identifier: Apache-2.0
import Typography from '@material-ui/core/Typography';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type {
  Request,
  RequestComment,
} from '@postroom/plugin-incoming-mail-common';
import type { EveryPage } from '../api/readEveryPage';
import { LoadedView } from '../components/LoadedView';
import { Notice } from '../components/Notice';
import { SectionHeading } from '../components/SectionHeading';
import { Stack } from '../components/Stack';
import type { Loaded } from '../hooks/useLoaded';
import { incomingMailTranslationRef } from '../translation';
import { Letter } from './Letter';
import { RequestMarks } from './RequestMarks';

/** Props of {@link RequestView}. */
export interface RequestViewProps {
  request: Request;
  comments: Loaded<EveryPage<RequestComment>>;
}

/** One request: its mail, then the comments in the order in which they came. */
export function RequestView({ request, comments }: RequestViewProps) {
  const { t } = useTranslationRef(incomingMailTranslationRef);
  return (
    <Stack>
      <div>
        <Typography variant="caption" color="textSecondary">
          {t('request.heading', { number: String(request.number) })}
        </Typography>
        <SectionHeading
          title={<bdi>{request.subject || t('requests.noSubject')}</bdi>}
        />
        <RequestMarks request={request} />
      </div>
      <Letter content={request} />
      <SectionHeading small title={t('request.comments')} />
      <LoadedView loaded={comments}>
        {({ items, truncated }) => (
          <>
            {items.length === 0 && (
              <Typography variant="body2" color="textSecondary">
                {t('request.noComments')}
              </Typography>
            )}
            {items.map(comment => (
              <Letter key={comment.id} content={comment} />
            ))}
            {truncated && (
              <Notice
                severity="info"
                title={t('request.commentsTruncated', {
                  limit: String(items.length),
                })}
              />
            )}
          </>
        )}
      </LoadedView>
    </Stack>
  );
}
