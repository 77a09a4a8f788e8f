// SPDX-License-Identifier: Apache-2.0
import { makeStyles } from '@material-ui/core/styles';
import { Link } from '@backstage/core-components';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { googleAudience } from '@postroom/plugin-incoming-mail-common';
import { Notice } from '../../../components/Notice';
import { incomingMailTranslationRef } from '../../../translation';

const useStyles = makeStyles(
  theme => ({
    list: { margin: theme.spacing(0.5, 0, 0), paddingLeft: theme.spacing(2.5) },
    item: { marginBottom: theme.spacing(0.5) },
  }),
  { name: 'IncomingMailGoogleAudienceNotice' },
);

/**
 * What ends an authorization at Google, or keeps people from giving one,
 * although everything here is right.
 */
export function GoogleAudienceNotice() {
  const classes = useStyles();
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const { links, exemptUserType, testingConsentDays, userLimit } =
    googleAudience;
  return (
    <Notice severity="warning" title={t('guide.google.audience.title')}>
      <ul className={classes.list}>
        <li className={classes.item}>
          {t('guide.google.audience.verification', {
            limit: String(userLimit),
          })}{' '}
          <Link to={links.verification}>
            {t('guide.google.audience.verificationLink')}
          </Link>
        </li>
        <li className={classes.item}>
          {t('guide.google.audience.testing', {
            days: String(testingConsentDays),
          })}
        </li>
        <li>
          {t('guide.google.audience.userType', { userType: exemptUserType })}{' '}
          <Link to={links.userType}>
            {t('guide.google.audience.userTypeLink')}
          </Link>
        </li>
      </ul>
    </Notice>
  );
}
