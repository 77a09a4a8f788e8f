// SPDX-License-Identifier: Apache-2.0
import { ReactNode, useRef } from 'react';
import Button from '@material-ui/core/Button';
import Dialog from '@material-ui/core/Dialog';
import DialogActions from '@material-ui/core/DialogActions';
import DialogContent from '@material-ui/core/DialogContent';
import DialogContentText from '@material-ui/core/DialogContentText';
import DialogTitle from '@material-ui/core/DialogTitle';
import { makeStyles } from '@material-ui/core/styles';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { incomingMailTranslationRef } from '../translation';
import { ErrorAlert } from './ErrorAlert';

const useStyles = makeStyles(
  theme => ({
    confirm: {
      color: theme.palette.error.contrastText,
      backgroundColor: theme.palette.error.main,
      '&:hover': { backgroundColor: theme.palette.error.dark },
    },
  }),
  { name: 'IncomingMailConfirmDialog' },
);

/** Props of {@link ConfirmDialog}. */
export interface ConfirmDialogProps {
  open: boolean;
  title: string;
  /** What follows from it. */
  text: ReactNode;
  confirmLabel: string;
  busy: boolean;
  /** Why it could not be done. */
  error?: Error;
  onConfirm: () => void;
  onClose: () => void;
}

/** Asks before something is done that cannot be undone. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const classes = useStyles();
  const { t } = useTranslationRef(incomingMailTranslationRef);
  // The words stay while the dialog fades away and its subject is gone.
  const lastRef = useRef(props);
  if (props.open) {
    lastRef.current = props;
  }
  const shown = lastRef.current;
  return (
    <Dialog
      open={props.open}
      onClose={props.onClose}
      aria-labelledby="incoming-mail-confirm-title"
      aria-describedby="incoming-mail-confirm-text"
    >
      <DialogTitle id="incoming-mail-confirm-title">{shown.title}</DialogTitle>
      <DialogContent>
        <DialogContentText id="incoming-mail-confirm-text" component="div">
          {shown.text}
        </DialogContentText>
        {shown.error && <ErrorAlert error={shown.error} />}
      </DialogContent>
      <DialogActions>
        <Button onClick={props.onClose}>{t('common.cancel')}</Button>
        <Button
          onClick={props.onConfirm}
          disabled={props.busy}
          variant="contained"
          className={classes.confirm}
        >
          {shown.confirmLabel}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
