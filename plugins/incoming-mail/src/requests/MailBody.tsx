// SPDX-License-Identifier: Apache-2.0
import { useMemo, useState } from 'react';
import Button from '@material-ui/core/Button';
import { makeStyles } from '@material-ui/core/styles';
import Typography from '@material-ui/core/Typography';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { ButtonRow } from '../components/ButtonRow';
import { Stack } from '../components/Stack';
import { incomingMailTranslationRef } from '../translation';
import { mailDocument } from './mailHtml';

const useStyles = makeStyles(
  theme => ({
    text: {
      ...theme.typography.body1,
      margin: 0,
      whiteSpace: 'pre-wrap',
      overflowWrap: 'anywhere',
    },
    frame: {
      width: '100%',
      height: 320,
      border: `1px solid ${theme.palette.divider}`,
      borderRadius: theme.shape.borderRadius,
      backgroundColor: '#fff',
    },
    tall: { height: '80vh' },
  }),
  { name: 'IncomingMailMailBody' },
);

/** Props of {@link MailBody}. */
export interface MailBodyProps {
  text: string;
  html?: string;
}

/**
 * What someone wrote: as plain text, and on request as the mail's own HTML in
 * a frame that can run nothing and fetch nothing.
 */
export function MailBody({ text, html }: MailBodyProps) {
  const classes = useStyles();
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const [formatted, setFormatted] = useState(false);
  return (
    <Stack>
      {html !== undefined && (
        <ButtonRow label={t('request.bodyView')}>
          <ViewButton
            label={t('request.text')}
            chosen={!formatted}
            onChoose={() => setFormatted(false)}
          />
          <ViewButton
            label={t('request.formatted')}
            chosen={formatted}
            onChoose={() => setFormatted(true)}
          />
        </ButtonRow>
      )}
      {formatted && html !== undefined && <MailFrame html={html} />}
      {!formatted && text !== '' && (
        <p className={classes.text} dir="auto">
          {text}
        </p>
      )}
      {!formatted && text === '' && (
        <Typography variant="body2" color="textSecondary">
          {t('request.noText')}
        </Typography>
      )}
    </Stack>
  );
}

function ViewButton(props: {
  label: string;
  chosen: boolean;
  onChoose: () => void;
}) {
  return (
    <Button
      size="small"
      variant={props.chosen ? 'contained' : 'outlined'}
      disableElevation
      aria-pressed={props.chosen}
      onClick={props.onChoose}
    >
      {props.label}
    </Button>
  );
}

function MailFrame({ html }: { html: string }) {
  const classes = useStyles();
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const [tall, setTall] = useState(false);
  const srcDoc = useMemo(() => mailDocument(html), [html]);
  return (
    <>
      <iframe
        title={t('request.formattedFrame')}
        className={`${classes.frame} ${tall ? classes.tall : ''}`}
        // Never allow-scripts or allow-same-origin: together with the
        // portal's origin they would be the person's session.
        sandbox="allow-popups allow-popups-to-escape-sandbox"
        referrerPolicy="no-referrer"
        srcDoc={srcDoc}
      />
      <div>
        <Button size="small" onClick={() => setTall(!tall)}>
          {t(tall ? 'request.collapse' : 'request.expand')}
        </Button>
      </div>
    </>
  );
}
