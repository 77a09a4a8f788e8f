// SPDX-License-Identifier: Apache-2.0
import { useEffect, useState } from 'react';
import { useNavigate } from 'react-router-dom';
import { useApi, useRouteRef } from '@backstage/core-plugin-api';
import {
  HandlerDescription,
  IntegrationChoice,
  MailServer,
  MailServerDraft,
} from '@postroom/plugin-incoming-mail-common';
import type { FieldErrors } from '../../api/fieldErrors';
import { incomingMailApiRef } from '../../api/incomingMailApiRef';
import { LoadedView } from '../../components/LoadedView';
import {
  choiceOf,
  storedPasswordOf,
} from '../../components/mailbox/mailboxForm';
import { useProblemWords } from '../../components/mailbox/useProblemWords';
import { useAction } from '../../hooks/useAction';
import { useAuthorizePopup } from '../../hooks/useAuthorizePopup';
import { useMailServerRights } from '../../hooks/useMailServerRights';
import { mailServersRouteRef } from '../../routes';
import { pathWithDraft, useSetDraftId } from './draftInAddress';
import { DraftAuthorization } from './DraftAuthorization';
import { DraftTest } from './DraftTest';
import { MailServerEditor } from './MailServerEditor';
import {
  authorizationOf,
  draftErrorsOf,
  fromMailServer,
  HeldDraft,
  newMailServerForm,
  saveStateOf,
  toMailServerSettings,
} from './mailServerForm';
import type { EndedState } from './MailServerListContent';
import { useMailServerDraft } from './useMailServerDraft';
import { useReturnedDraft } from './useReturnedDraft';

/** Props of {@link MailServerEditorContent}. */
export interface MailServerEditorContentProps {
  /** The mail server to edit, as it was when the editor opened; absent for a new one. */
  server?: MailServer;
  choices: readonly IntegrationChoice[];
  handlers: readonly HandlerDescription[];
  onReload?: () => void;
}

/**
 * The editor of a mail server: fill in, authorize, test, save. What is typed
 * goes to a draft first, so that it can be authorized and tested before it is
 * anything.
 */
export function MailServerEditorContent(props: MailServerEditorContentProps) {
  const returned = useReturnedDraft();
  return (
    <LoadedView loaded={returned}>
      {draft => <LoadedEditor {...props} returned={draft} />}
    </LoadedView>
  );
}

function LoadedEditor(
  props: MailServerEditorContentProps & {
    returned: MailServerDraft | undefined;
  },
) {
  const { server, choices, handlers, onReload } = props;
  const [returned] = useState(() => heldOf(props.returned, server));
  const api = useApi(incomingMailApiRef);
  const navigate = useNavigate();
  const listPath = useRouteRef(mailServersRouteRef)();
  const rights = useMailServerRights();
  const tell = useProblemWords();
  const authorization = useAuthorizePopup();
  const setDraftId = useSetDraftId();
  const { held, store, setDraft, refresh, save } = useMailServerDraft(
    server,
    returned,
  );
  const [values, setValues] = useState(
    () =>
      returned?.values ??
      (server ? fromMailServer(server) : newMailServerForm(handlers)),
  );
  const [formErrors, setFormErrors] = useState<FieldErrors>();

  const judge = () => {
    const verdict = toMailServerSettings(values, {
      choices,
      handlers,
      server,
      held,
      tell,
    });
    setFormErrors(verdict.kind === 'invalid' ? verdict.errors : undefined);
    return verdict.kind === 'valid' ? verdict.settings : undefined;
  };

  const authorize = () => {
    const settings = judge();
    if (settings) {
      authorization.authorize(async (body, options) => {
        const { id } = await store(values, settings);
        const { returnPath } = body;
        return api.call(
          'startDraftConsent',
          {
            params: { draftId: id },
            body: {
              ...body,
              // The path is from before there was a draft to come back to.
              ...(returnPath && { returnPath: pathWithDraft(returnPath, id) }),
            },
          },
          options,
        );
      });
    }
  };
  const { state } = authorization;
  useEffect(() => {
    if (state.status === 'succeeded') {
      // What it gave is the draft's; a failure is told by the next test.
      refresh().catch(() => {});
    }
  }, [state.status, refresh]);

  const [testing, test] = useAction(async () => {
    const settings = judge();
    if (!settings) {
      return undefined;
    }
    const { id } = await store(values, settings);
    const tested = await api.call('checkMailServerDraft', {
      params: { draftId: id },
    });
    setDraft(tested.draft);
    return tested;
  });
  const [listing, listFolders] = useAction(async () => {
    const settings = judge();
    if (!settings) {
      return undefined;
    }
    const { id } = await store(values, settings);
    return api.call('listMailServerDraftFolders', { params: { draftId: id } });
  });
  const [saving, submit] = useAction(async () => {
    const settings = judge();
    if (settings) {
      const { name } = await save(await store(values, settings));
      const ended: EndedState = { ended: { how: 'saved', name } };
      navigate(listPath, { state: ended });
    }
  });

  const saveState = saveStateOf(values, held);
  const consentErrors = draftErrorsOf('error' in state && state.error);
  const backendErrors = {
    ...consentErrors,
    ...draftErrorsOf(testing.status === 'failed' && testing.error),
    ...draftErrorsOf(listing.status === 'failed' && listing.error),
    ...draftErrorsOf(saving.status === 'failed' && saving.error),
  };
  const stored = held?.draft ?? server;

  return (
    <MailServerEditor
      values={values}
      choices={choices}
      handlers={handlers}
      errors={formErrors ?? backendErrors}
      folders={{ state: listing, list: listFolders }}
      storedPassword={storedPasswordOf(stored, values)}
      authorization={
        <DraftAuthorization
          authorization={authorization}
          integrationId={choiceOf(values, choices)?.id}
          given={authorizationOf(values, server, held)}
          toldByFields={Object.keys(consentErrors).length > 0}
          mayAuthorize={rights.authorize}
          onAuthorize={authorize}
        />
      }
      onChange={setValues}
      onSubmit={submit}
    >
      <DraftTest
        testing={testing}
        saving={saving}
        saveState={saveState}
        invalid={formErrors !== undefined}
        maySave={server ? rights.update : rights.create}
        cancelPath={listPath}
        onTest={test}
        onReload={
          onReload &&
          (() => {
            // The draft is of the mail server as it was.
            setDraftId(undefined);
            onReload();
          })
        }
      />
    </MailServerEditor>
  );
}

/** A draft with its fields, unless it is of another mail server. */
function heldOf(
  draft: MailServerDraft | undefined,
  server: MailServer | undefined,
): HeldDraft | undefined {
  return draft && draft.serverId === server?.id
    ? { draft, values: fromMailServer(draft) }
    : undefined;
}
