// SPDX-License-Identifier: Apache-2.0
import LockIcon from '@material-ui/icons/LockOutlined';
import InboxIcon from '@material-ui/icons/MoveToInbox';
import { LinkButton } from '@backstage/core-components';
import { useApi, useRouteRef } from '@backstage/core-plugin-api';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { kindOfError } from '../api/errorKind';
import { incomingMailApiRef } from '../api/incomingMailApiRef';
import { EmptyNotice } from '../components/EmptyNotice';
import { LoadedView } from '../components/LoadedView';
import { SectionHeading } from '../components/SectionHeading';
import { ShowMore } from '../components/ShowMore';
import { Stack } from '../components/Stack';
import { LIVE_REFRESH_MS } from '../hooks/useLoaded';
import { PAGE_SIZE, usePages } from '../hooks/usePages';
import { useProject } from '../hooks/useProject';
import { useEmailRequestsPath } from '../hooks/useRequestPath';
import { requestRouteRef } from '../routes';
import { incomingMailTranslationRef } from '../translation';
import { RequestsTable } from './RequestsTable';

const LIVE = { refreshMs: LIVE_REFRESH_MS };

/** The requests of a project, which appear by themselves as mail arrives. */
export function RequestListContent() {
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const api = useApi(incomingMailApiRef);
  const { project } = useProject();
  const requestPath = useRouteRef(requestRouteRef);
  const { list, showMore, showingMore } = usePages(
    (cursor, signal) =>
      api.call(
        'listRequests',
        { params: project, query: { limit: PAGE_SIZE, cursor } },
        { signal },
      ),
    JSON.stringify(['requests', project]),
    LIVE,
  );

  if (list.status === 'failed' && kindOfError(list.error) === 'refused') {
    return (
      <EmptyNotice
        icon={LockIcon}
        title={t('entity.refused.title')}
        text={t('entity.refused.text')}
      />
    );
  }
  return (
    <Stack>
      <SectionHeading title={t('requests.title')} />
      <LoadedView loaded={list}>
        {requests =>
          requests.length === 0 ? (
            <NoRequests />
          ) : (
            <RequestsTable
              requests={requests}
              requestPath={number => requestPath({ number: String(number) })}
            />
          )
        }
      </LoadedView>
      <ShowMore
        onShowMore={showMore}
        busy={showingMore.status === 'busy'}
        error={showingMore.status === 'failed' ? showingMore.error : undefined}
      />
    </Stack>
  );
}

function NoRequests() {
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const emailRequestsPath = useEmailRequestsPath();
  return (
    <EmptyNotice
      icon={InboxIcon}
      title={t('requests.empty.title')}
      text={t('requests.empty.text')}
      action={
        emailRequestsPath && (
          <LinkButton to={emailRequestsPath} variant="outlined" color="primary">
            {t('requests.empty.link')}
          </LinkButton>
        )
      }
    />
  );
}
