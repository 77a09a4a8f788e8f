// SPDX-License-Identifier: Apache-2.0
import { useCallback, useEffect, useRef, useState } from 'react';
import { useApi } from '@backstage/core-plugin-api';
import type {
  MailServer,
  MailServerDraft,
  MailServerSettings,
} from '@postroom/plugin-incoming-mail-common';
import { kindOfError } from '../../api/errorKind';
import { incomingMailApiRef } from '../../api/incomingMailApiRef';
import { isInAddress, useSetDraftId } from './draftInAddress';
import { HeldDraft, isHeld, MailServerFormValues } from './mailServerForm';
import { saveObstacleOf } from './saveObstacleOf';

/** The draft of an editor, and what can be done with it. */
export interface DraftOfEditor {
  readonly held: HeldDraft | undefined;
  /** Has the draft hold these settings; opens one where there is none. */
  store(
    values: MailServerFormValues,
    settings: MailServerSettings,
  ): Promise<MailServerDraft>;
  /** Notes what the backend says of the draft now. */
  setDraft(draft: MailServerDraft): void;
  /** Reads the draft again, after something happened to it elsewhere. */
  refresh(): Promise<void>;
  /** Saves the draft, as it was stored last, for good. */
  save(draft: MailServerDraft): Promise<MailServer>;
}

/**
 * The draft that an editor works on. It is opened when there is something to
 * authorize or test, and dropped when the editor goes away unsaved: a person
 * may have only so many. Its id stands in the address, so that a tab that went
 * to the provider, was reloaded, or is laid out anew for a narrow window, comes
 * back to it.
 */
export function useMailServerDraft(
  server: MailServer | undefined,
  initial: HeldDraft | undefined,
): DraftOfEditor {
  const api = useApi(incomingMailApiRef);
  const [held, setHeld] = useState(initial);
  const heldRef = useRef(initial);
  const setDraftId = useSetDraftId();

  const hold = useCallback((next: HeldDraft | undefined) => {
    heldRef.current = next;
    setHeld(next);
  }, []);

  const setDraft = useCallback(
    (draft: MailServerDraft) => {
      if (heldRef.current) {
        hold({ ...heldRef.current, draft });
      }
    },
    [hold],
  );

  useEffect(
    () => () => {
      const draftId = heldRef.current?.draft.id;
      if (draftId !== undefined && !isInAddress(draftId)) {
        api
          .call('deleteMailServerDraft', { params: { draftId } })
          // It goes by itself after a day.
          .catch(() => {});
      }
    },
    [api],
  );

  const open = (settings: MailServerSettings) =>
    api.call('createMailServerDraft', {
      body: { serverId: server?.id, settings },
    });

  const replace = async (draftId: string, settings: MailServerSettings) => {
    try {
      return await api.call('updateMailServerDraft', {
        params: { draftId },
        body: { settings },
      });
    } catch (error) {
      // Drafts go after a day; the page may have been open longer.
      if (kindOfError(error) === 'missing') {
        return open(settings);
      }
      throw error;
    }
  };

  const store: DraftOfEditor['store'] = async (values, settings) => {
    const current = heldRef.current;
    if (current && isHeld(values, current)) {
      return current.draft;
    }
    const draft = current
      ? await replace(current.draft.id, settings)
      : await open(settings);
    hold({ draft, values });
    setDraftId(draft.id);
    return draft;
  };

  const refresh = useCallback(async () => {
    const draftId = heldRef.current?.draft.id;
    if (draftId !== undefined) {
      setDraft(await api.call('getMailServerDraft', { params: { draftId } }));
    }
  }, [api, setDraft]);

  const save: DraftOfEditor['save'] = async draft => {
    try {
      const saved = await (server
        ? api.call('updateMailServer', {
            params: { mailServerId: server.id },
            body: { draftId: draft.id, version: server.version },
          })
        : api.call('createMailServer', { body: { draftId: draft.id } }));
      // It is the mail server's now, and not to be dropped.
      hold(undefined);
      return saved;
    } catch (error) {
      const obstacle = saveObstacleOf(error);
      if (obstacle) {
        setDraft({ ...draft, obstacle });
      }
      throw error;
    }
  };

  return { held, store, setDraft, refresh, save };
}
