// SPDX-License-Identifier: Apache-2.0
import Button from '@material-ui/core/Button';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type { ChannelState } from '@postroom/plugin-incoming-mail-common';
import { incomingMailTranslationRef } from '../../translation';
import { ButtonRow } from '../ButtonRow';

/** What can be done with a mailbox; absent where the person may not. */
export interface MailboxActions {
  /** Gives access by OAuth 2.0, anew where there is some. */
  onAuthorize?: () => void;
  /** Signs in with the password and begins to read. */
  onConnect?: () => void;
  onPoll?: () => void;
  onCheck?: () => void;
  onPause?: () => void;
  onResume?: () => void;
  onImport?: () => void;
  onEdit?: () => void;
  onDelete?: () => void;
}

/** Props of {@link MailboxButtons}. */
export interface MailboxButtonsProps extends MailboxActions {
  state: ChannelState;
  /** Whether an action is under way and the buttons wait for it. */
  busy: boolean;
  authorizeLabel?: string;
}

/** The buttons of a mailbox, as far as its state leaves them a meaning. */
export function MailboxButtons(props: MailboxButtonsProps) {
  const { state, busy } = props;
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const awaitsSignIn =
    state === 'draft' ||
    state === 'needs-consent' ||
    state === 'needs-password';
  const isRead = state !== 'draft' && state !== 'paused';
  return (
    <ButtonRow label={t('mailbox.actions')}>
      {props.onAuthorize && (
        <Button
          variant={awaitsSignIn ? 'contained' : 'outlined'}
          color="primary"
          disabled={busy}
          onClick={props.onAuthorize}
        >
          {props.authorizeLabel ?? t('mailbox.authorize')}
        </Button>
      )}
      {props.onConnect && awaitsSignIn && (
        <Button
          variant="contained"
          color="primary"
          disabled={busy}
          onClick={props.onConnect}
        >
          {t('mailbox.connect')}
        </Button>
      )}
      {props.onResume && state === 'paused' && (
        <Button
          variant="contained"
          color="primary"
          disabled={busy}
          onClick={props.onResume}
        >
          {t('mailbox.resume')}
        </Button>
      )}
      {props.onPoll && (
        <Button
          variant="outlined"
          disabled={busy || !isRead}
          onClick={props.onPoll}
        >
          {t('mailbox.pollNow')}
        </Button>
      )}
      {props.onCheck && (
        <Button variant="outlined" disabled={busy} onClick={props.onCheck}>
          {t('mailbox.check')}
        </Button>
      )}
      {props.onImport && isRead && (
        <Button variant="outlined" disabled={busy} onClick={props.onImport}>
          {t('import.open')}
        </Button>
      )}
      {props.onPause && isRead && (
        <Button variant="outlined" disabled={busy} onClick={props.onPause}>
          {t('mailbox.pause')}
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
