// SPDX-License-Identifier: Apache-2.0
import Typography from '@material-ui/core/Typography';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { errorAt } from '../../api/fieldErrors';
import { incomingMailTranslationRef } from '../../translation';
import { FormField } from '../FormField';
import { SecretField } from '../SecretField';
import {
  MailboxFormValues,
  PASSWORD,
  problemsOf,
  StoredPassword,
  unusableBecause,
  withSignIn,
} from './mailboxForm';
import type { MailboxFormProps } from './MailboxFormProps';
import { useProblemWords } from './useProblemWords';

/** Props of {@link SignInFields}. */
export interface SignInFieldsProps<V extends MailboxFormValues>
  extends MailboxFormProps<V> {
  storedPassword: StoredPassword;
}

/**
 * How the mailbox is signed in to: by a password or under one of the
 * integrations. What cannot work is greyed out, with the reason below.
 */
export function SignInFields<V extends MailboxFormValues>(
  props: SignInFieldsProps<V>,
) {
  const { values, errors, choices, onChange } = props;
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const words = useProblemWords();
  const passwordProblem = unusableBecause(values);
  const unusable = [
    ...choices.map(choice => unusableBecause(values, choice)),
    passwordProblem,
  ].flatMap(problem => (problem ? [problem] : []));
  return (
    <>
      <FormField
        id="incoming-mail-sign-in"
        label={t('mailbox.signIn')}
        value={values.signIn}
        error={errorAt(errors, 'authentication.integrationId')}
        onChange={signIn =>
          onChange({ ...values, ...withSignIn(values, signIn, choices) })
        }
        options={
          <>
            <option value="" disabled>
              {t('mailbox.choose')}
            </option>
            <option value={PASSWORD} disabled={passwordProblem !== undefined}>
              {t('mailbox.password')}
            </option>
            {choices.map(choice => (
              <option
                key={choice.id}
                value={choice.id}
                disabled={unusableBecause(values, choice) !== undefined}
              >
                {t('mailbox.oauth', { name: choice.name })}
              </option>
            ))}
          </>
        }
        required
      />
      {unusable.length > 0 && (
        <Typography
          variant="caption"
          color="textSecondary"
          component="ul"
          style={{ margin: 0, paddingLeft: 16 }}
          aria-label={t('mailbox.notUsable')}
        >
          {unusable.map(problem => (
            <li key={`${problem.code} ${problem.subject}`}>{words(problem)}</li>
          ))}
        </Typography>
      )}
      {values.signIn === PASSWORD && <PasswordFields {...props} />}
    </>
  );
}

function PasswordFields<V extends MailboxFormValues>(
  props: SignInFieldsProps<V>,
) {
  const { values, errors, choices, storedPassword, onChange } = props;
  const { t } = useTranslationRef(incomingMailTranslationRef);
  const words = useProblemWords();
  // Those of the server are told beside the server.
  const doubts = problemsOf(values, choices).filter(
    ({ impossible, field }) => !impossible && field !== 'server',
  );
  return (
    <>
      <FormField
        id="incoming-mail-user-name"
        label={t('mailbox.userName')}
        value={values.userName}
        error={errorAt(errors, 'authentication.userName')}
        hint={t('mailbox.userNameHint')}
        onChange={userName => onChange({ ...values, userName })}
      />
      <SecretField
        id="incoming-mail-password"
        label={t('mailbox.password')}
        value={values.password}
        error={errorAt(errors, 'authentication.password')}
        helperText={t(`mailbox.passwordHint.${storedPassword}`)}
        onChange={password => onChange({ ...values, password })}
      />
      {doubts.map(problem => (
        <Typography key={problem.code} variant="body2">
          {words(problem)}
        </Typography>
      ))}
    </>
  );
}
