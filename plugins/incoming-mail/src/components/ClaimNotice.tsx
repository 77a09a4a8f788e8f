// SPDX-License-Identifier: Apache-2.0
import { FormEvent, ReactNode, useState } from 'react';
import Button from '@material-ui/core/Button';
import { makeStyles } from '@material-ui/core/styles';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { claimConsentSchema } from '@postroom/plugin-incoming-mail-common';
import { FormField } from './FormField';
import { Notice } from './Notice';
import { incomingMailTranslationRef } from '../translation';

const useStyles = makeStyles(
  theme => ({
    root: {
      display: 'flex',
      flexWrap: 'wrap',
      alignItems: 'flex-start',
      gap: theme.spacing(1),
      marginTop: theme.spacing(1),
    },
  }),
  { name: 'IncomingMailClaimNotice' },
);

/** Props of {@link ClaimNotice}. */
export interface ClaimNoticeProps {
  busy: boolean;
  /** How often the code may still be entered, after one that was wrong. */
  triesLeft: number | undefined;
  onClaim: (code: string) => void;
  cancelButton: ReactNode;
}

/** Asks for the code that the window of the authorization shows. */
export function ClaimNotice(props: ClaimNoticeProps) {
  const { busy, triesLeft, onClaim, cancelButton } = props;
  const classes = useStyles();
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const [code, setCode] = useState('');
  const isCode = claimConsentSchema.safeParse({ code }).success;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isCode && !busy) {
      onClaim(code);
    }
  };
  return (
    <Notice severity="info" title={t('consent.unclaimed')}>
      {t('consent.unclaimedText')}
      <form className={classes.root} onSubmit={submit}>
        <div>
          <FormField
            id="incoming-mail-claim-code"
            label={t('consent.code')}
            value={code}
            onChange={setCode}
            error={
              triesLeft === undefined
                ? undefined
                : t('consent.wrongCode', { count: triesLeft })
            }
          />
        </div>
        <Button
          type="submit"
          variant="contained"
          color="primary"
          disabled={!isCode || busy}
        >
          {t('consent.claim')}
        </Button>
        {cancelButton}
      </form>
    </Notice>
  );
}
