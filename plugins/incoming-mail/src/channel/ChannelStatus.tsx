// SPDX-License-Identifier: Apache-2.0
import Paper from '@material-ui/core/Paper';
import { makeStyles } from '@material-ui/core/styles';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type { Channel } from '@postroom/plugin-incoming-mail-common';
import {
  MailboxActions,
  MailboxButtons,
} from '../components/mailbox/MailboxButtons';
import { MailboxFacts } from '../components/mailbox/MailboxFacts';
import { MailboxProblem } from '../components/mailbox/MailboxProblem';
import { MailboxStateBadge } from '../components/mailbox/MailboxStateBadge';
import { SectionHeading } from '../components/SectionHeading';
import { Stack } from '../components/Stack';
import { incomingMailTranslationRef } from '../translation';

const useStyles = makeStyles(
  theme => ({ root: { padding: theme.spacing(2) } }),
  { name: 'IncomingMailChannelStatus' },
);

/** Props of {@link ChannelStatus}. */
export interface ChannelStatusProps extends MailboxActions {
  channel: Channel;
  /** Whether an action is under way and the buttons wait for it. */
  busy: boolean;
}

/** A channel's settings, how it is doing, and what can be done with it. */
export function ChannelStatus(props: ChannelStatusProps) {
  const { channel, busy, ...actions } = props;
  const classes = useStyles();
  return (
    <Paper variant="outlined" component="section" className={classes.root}>
      <Stack>
        <SectionHeading
          small
          title={channel.address}
          actions={<MailboxStateBadge state={channel.state} />}
        />
        <MailboxProblem mailbox={channel} busy={busy} />
        <ChannelFacts channel={channel} />
        <MailboxButtons {...actions} state={channel.state} busy={busy} />
      </Stack>
    </Paper>
  );
}

function ChannelFacts({ channel }: { channel: Channel }) {
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const { requestType, priority, labels } = channel.requestDefaults;
  const more = [
    { name: t('requestDefaults.requestType'), value: requestType },
    {
      name: t('requestDefaults.priority'),
      value: priority && t(`requestDefaults.priorityOption.${priority}`),
    },
    { name: t('requestDefaults.labels'), value: labels?.join(', ') },
  ];
  return (
    <MailboxFacts
      mailbox={channel}
      more={more.filter(({ value }) => value !== undefined && value !== '')}
    />
  );
}
