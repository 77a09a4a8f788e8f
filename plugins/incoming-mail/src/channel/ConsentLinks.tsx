// SPDX-License-Identifier: Apache-2.0
import { useState } from 'react';
import Button from '@material-ui/core/Button';
import Paper from '@material-ui/core/Paper';
import { makeStyles } from '@material-ui/core/styles';
import { useApi } from '@backstage/core-plugin-api';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import {
  Channel,
  ConsentLink,
  linkLifetimes,
} from '@postroom/plugin-incoming-mail-common';
import { incomingMailApiRef } from '../api/incomingMailApiRef';
import { CopyField } from '../components/CopyField';
import { ErrorAlert } from '../components/ErrorAlert';
import { FormField } from '../components/FormField';
import { LoadedView } from '../components/LoadedView';
import { useMoment } from '../components/Moment';
import { Notice } from '../components/Notice';
import { SectionHeading } from '../components/SectionHeading';
import { Stack } from '../components/Stack';
import { useAction } from '../hooks/useAction';
import { useEndpoint } from '../hooks/useEndpoint';
import type { Project } from '../hooks/useProject';
import { incomingMailTranslationRef } from '../translation';

/** Where the links for the mailbox's owner are, on the page. */
export const LINKS_ANCHOR = 'incoming-mail-links';

const REFRESH_MS = 30_000;

const useStyles = makeStyles(
  theme => ({
    root: { padding: theme.spacing(2) },
    maker: {
      display: 'flex',
      flexWrap: 'wrap',
      alignItems: 'flex-start',
      gap: theme.spacing(1),
    },
    lifetime: { minWidth: 160 },
    list: { listStyle: 'none', margin: 0, padding: 0 },
    link: {
      display: 'flex',
      flexWrap: 'wrap',
      alignItems: 'center',
      gap: theme.spacing(1),
      overflowWrap: 'anywhere',
    },
  }),
  { name: 'IncomingMailConsentLinks' },
);

/** Props of {@link ConsentLinks}. */
export interface ConsentLinksProps {
  project: Project;
  channel: Channel;
}

/**
 * Links by which the owner of the mailbox, who may have no account here,
 * authorizes it: to be made, sent by other means, and withdrawn.
 */
export function ConsentLinks({ project, channel }: ConsentLinksProps) {
  const classes = useStyles();
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const api = useApi(incomingMailApiRef);
  const links = useEndpoint(
    'listConsentLinks',
    { params: project },
    { refreshMs: REFRESH_MS },
  );
  const [hours, setHours] = useState<number>(linkLifetimes[0]);
  const [making, make, resetMaking] = useAction(async () => {
    const lifetimeHours = linkLifetimes.find(choice => choice === hours);
    const link = await api.call('createConsentLink', {
      params: project,
      body: { lifetimeHours: lifetimeHours ?? linkLifetimes[0] },
    });
    links.reload();
    return link;
  });
  const [revoking, revoke, resetRevoking] = useAction(
    async (linkId: string) => {
      await api.call('revokeConsentLink', { params: { ...project, linkId } });
      resetMaking();
      links.reload();
    },
  );

  return (
    <Paper
      id={LINKS_ANCHOR}
      variant="outlined"
      component="section"
      className={classes.root}
    >
      <Stack>
        <SectionHeading
          small
          title={t('channel.links.title')}
          text={t('channel.links.text', { address: channel.address })}
        />
        {making.status === 'done' && (
          <Notice
            severity="success"
            title={t('channel.links.made')}
            onClose={resetMaking}
          >
            <p>{t('channel.links.madeText', { address: channel.address })}</p>
            <CopyField
              id="incoming-mail-link"
              label={t('channel.links.link')}
              value={making.value.url}
            />
          </Notice>
        )}
        {making.status === 'failed' && (
          <ErrorAlert error={making.error} onClose={resetMaking} />
        )}
        {revoking.status === 'failed' && (
          <ErrorAlert error={revoking.error} onClose={resetRevoking} />
        )}
        <div className={classes.maker}>
          <div className={classes.lifetime}>
            <FormField
              id="incoming-mail-link-lifetime"
              label={t('channel.links.lifetime')}
              value={String(hours)}
              onChange={value => setHours(Number(value))}
              options={linkLifetimes.map(choice => (
                <option key={choice} value={choice}>
                  {t(`channel.links.lifetimeOption.hours${choice}`)}
                </option>
              ))}
            />
          </div>
          <Button
            variant="outlined"
            disabled={making.status === 'busy'}
            onClick={make}
          >
            {t('channel.links.make')}
          </Button>
        </div>
        <LoadedView loaded={links}>
          {({ items }) =>
            items.length === 0 ? null : (
              <ul className={classes.list} aria-label={t('channel.links.open')}>
                {items.map(link => (
                  <li key={link.id} className={classes.link}>
                    <LinkFacts link={link} />
                    <Button
                      size="small"
                      disabled={revoking.status === 'busy'}
                      onClick={() => revoke(link.id)}
                    >
                      {t('channel.links.revoke')}
                    </Button>
                  </li>
                ))}
              </ul>
            )
          }
        </LoadedView>
      </Stack>
    </Paper>
  );
}

function LinkFacts({ link }: { link: ConsentLink }) {
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const moment = useMoment();
  const { createdBy: who, openedAt } = link;
  return (
    <span>
      {t('channel.links.facts', {
        who,
        made: moment(link.createdAt),
        until: moment(link.expiresAt),
      })}{' '}
      {openedAt === undefined
        ? t('channel.links.unopened')
        : t('channel.links.opened', { when: moment(openedAt) })}
    </span>
  );
}
