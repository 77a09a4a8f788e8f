// SPDX-License-Identifier: Apache-2.0
import { useParams } from 'react-router-dom';
import InboxIcon from '@material-ui/icons/MoveToInbox';
import { Link } from '@backstage/core-components';
import { useApi, useRouteRef } from '@backstage/core-plugin-api';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import {
  MAX_PAGE_SIZE,
  Request,
  RequestComment,
} from '@postroom/plugin-incoming-mail-common';
import { kindOfError } from '../api/errorKind';
import { incomingMailApiRef } from '../api/incomingMailApiRef';
import { EveryPage, readEveryPage } from '../api/readEveryPage';
import { EmptyNotice } from '../components/EmptyNotice';
import { LoadedView } from '../components/LoadedView';
import { Stack } from '../components/Stack';
import { useEndpoint } from '../hooks/useEndpoint';
import { Loaded, LIVE_REFRESH_MS, useLoaded } from '../hooks/useLoaded';
import { Project, useProject } from '../hooks/useProject';
import { requestsRouteRef } from '../routes';
import { incomingMailTranslationRef } from '../translation';
import { RequestView } from './RequestView';

const LIVE = { refreshMs: LIVE_REFRESH_MS };

/** The request that the address names, kept up to date. */
export function RequestContent() {
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const { number = '' } = useParams();
  const { project } = useProject();
  const listPath = useRouteRef(requestsRouteRef)();
  const request = useEndpoint(
    'getRequest',
    { params: { ...project, number } },
    LIVE,
  );
  const missing =
    request.status === 'failed' &&
    ['missing', 'invalid'].includes(kindOfError(request.error));
  return (
    <Stack>
      <Link to={listPath}>← {t('request.back')}</Link>
      {missing ? (
        <EmptyNotice
          icon={InboxIcon}
          title={t('request.missing.title', { number })}
          text={t('request.missing.text')}
        />
      ) : (
        <LoadedView loaded={request}>
          {value => <LoadedRequest project={project} request={value} />}
        </LoadedView>
      )}
    </Stack>
  );
}

function LoadedRequest(props: { project: Project; request: Request }) {
  return <RequestView request={props.request} comments={useComments(props)} />;
}

/** All comments, read again only when the request tells of another one. */
function useComments(props: {
  project: Project;
  request: Request;
}): Loaded<EveryPage<RequestComment>> {
  const { project, request } = props;
  const api = useApi(incomingMailApiRef);
  const params = { ...project, number: request.number };
  return useLoaded(
    signal =>
      readEveryPage(cursor =>
        api.call(
          'listRequestComments',
          { params, query: { limit: MAX_PAGE_SIZE, cursor } },
          { signal },
        ),
      ),
    JSON.stringify(['comments', params]),
    { version: request.commentCount },
  );
}
