// SPDX-License-Identifier: Apache-2.0
import Button from '@material-ui/core/Button';
import Paper from '@material-ui/core/Paper';
import { makeStyles } from '@material-ui/core/styles';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type {
  Channel,
  ChannelState,
  ConsentEnd,
} from '@postroom/plugin-incoming-mail-common';
import { ButtonRow } from '../components/ButtonRow';
import { Facts } from '../components/Facts';
import { FailureAlert } from '../components/FailureAlert';
import { HealthBadge } from '../components/HealthBadge';
import { Moment } from '../components/Moment';
import { Notice, Severity } from '../components/Notice';
import { SectionHeading } from '../components/SectionHeading';
import { Stack } from '../components/Stack';
import { incomingMailTranslationRef } from '../translation';

const severities: Readonly<Record<ChannelState, Severity>> = {
  draft: 'info',
  active: 'success',
  degraded: 'warning',
  'needs-consent': 'error',
  'mailbox-unavailable': 'error',
  'integration-fault': 'error',
};

const useStyles = makeStyles(
  theme => ({ root: { padding: theme.spacing(2) } }),
  { name: 'IncomingMailChannelStatus' },
);

/** What can be done with a channel; absent where the person may not. */
export interface ChannelActions {
  onAuthorize?: () => void;
  onPoll?: () => void;
  onCheck?: () => void;
  onEdit?: () => void;
  onDelete?: () => void;
}

/** Props of {@link ChannelStatus}. */
export interface ChannelStatusProps extends ChannelActions {
  channel: Channel;
  /** Whether an action is under way and the buttons wait for it. */
  busy: boolean;
}

/** A channel's settings, how it is doing, and what can be done with it. */
export function ChannelStatus(props: ChannelStatusProps) {
  const { channel } = props;
  const classes = useStyles();
  const { t } = useTranslationRef(incomingMailTranslationRef);
  return (
    <Paper variant="outlined" component="section" className={classes.root}>
      <Stack>
        <SectionHeading
          small
          title={channel.address}
          actions={
            <HealthBadge
              severity={severities[channel.state]}
              label={t(`channel.state.${channel.state}`)}
            />
          }
        />
        <ChannelProblem channel={channel} busy={props.busy} />
        <ChannelFacts channel={channel} />
        <ActionButtons {...props} />
      </Stack>
    </Paper>
  );
}

/** What is wrong, where something is; a channel just saved lacks its consent. */
function ChannelProblem(props: { channel: Channel; busy: boolean }) {
  const { state, failure, grantType } = props.channel;
  const { t } = useTranslationRef(incomingMailTranslationRef);
  if (failure && failure.code !== 'not-authorized-yet') {
    return <FailureAlert failure={failure} />;
  }
  if (state !== 'draft' || props.busy) {
    return null;
  }
  return grantType === 'client_credentials' ? (
    <Notice severity="info" title={t('channel.status.notConnected')}>
      {t('channel.status.notConnectedText')}
    </Notice>
  ) : (
    <Notice severity="info" title={t('failure.not-authorized-yet.title')}>
      {t('failure.not-authorized-yet.remedy')}
    </Notice>
  );
}

function ChannelFacts({ channel }: { channel: Channel }) {
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const { server, counts } = channel;
  const moment = (at: string | undefined, otherwise = '–') =>
    at === undefined ? otherwise : <Moment at={at} />;
  return (
    <Facts
      facts={[
        {
          name: t('channel.status.server'),
          value: `${server.protocol.toUpperCase()} ${server.host}:${
            server.port
          }, ${t(`channel.security.${server.security}`)}`,
        },
        { name: t('channel.status.folder'), value: channel.folder },
        {
          name: t('channel.status.integration'),
          value: channel.integrationName ?? '–',
        },
        ...(channel.readBy === undefined
          ? []
          : [{ name: t('channel.status.readBy'), value: channel.readBy }]),
        {
          name: t('channel.status.readingSince'),
          value: moment(channel.readingSince),
        },
        {
          name: t('channel.status.lastVisit'),
          value: moment(channel.lastVisitAt, t('common.never')),
        },
        {
          name: t('channel.status.lastSuccess'),
          value: moment(channel.lastSuccessAt, t('common.never')),
        },
        {
          name: t('channel.status.nextVisit'),
          value: moment(channel.nextVisitAt),
        },
        ...(channel.consentEnd
          ? [
              {
                name: t('channel.status.consentEnd'),
                value: <ConsentEndFact end={channel.consentEnd} />,
              },
            ]
          : []),
        { name: t('channel.status.lastDay'), value: counts.lastDay },
        { name: t('channel.status.waiting'), value: counts.waiting },
        { name: t('channel.status.held'), value: counts.held },
      ]}
    />
  );
}

function ConsentEndFact({ end }: { end: ConsentEnd }) {
  const { t } = useTranslationRef(incomingMailTranslationRef);
  return (
    <>
      <Moment at={end.at} />
      <div>{t(`channel.status.consentEndReason.${end.reason}`)}</div>
    </>
  );
}

function ActionButtons(props: ChannelStatusProps) {
  const { channel, busy } = props;
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const awaitsConsent =
    channel.state === 'draft' || channel.state === 'needs-consent';
  return (
    <ButtonRow label={t('channel.status.actions')}>
      {props.onAuthorize && (
        <Button
          variant={awaitsConsent ? 'contained' : 'outlined'}
          color="primary"
          disabled={busy}
          onClick={props.onAuthorize}
        >
          {t(
            channel.grantType === 'client_credentials'
              ? 'channel.status.connect'
              : 'channel.status.authorize',
          )}
        </Button>
      )}
      {props.onPoll && (
        <Button
          variant="outlined"
          disabled={busy || channel.state === 'draft'}
          onClick={props.onPoll}
        >
          {t('channel.status.pollNow')}
        </Button>
      )}
      {props.onCheck && (
        <Button variant="outlined" disabled={busy} onClick={props.onCheck}>
          {t('channel.status.check')}
        </Button>
      )}
      {props.onEdit && (
        <Button variant="outlined" disabled={busy} onClick={props.onEdit}>
          {t('common.edit')}
        </Button>
      )}
      {props.onDelete && (
        <Button disabled={busy} onClick={props.onDelete}>
          {t('common.delete')}
        </Button>
      )}
    </ButtonRow>
  );
}
