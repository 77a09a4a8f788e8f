// SPDX-License-Identifier: Apache-2.0
import { useApi } from '@backstage/core-plugin-api';
import { incomingMailApiRef } from '../../api/incomingMailApiRef';
import { ImportPanel } from '../../components/mailbox/ImportPanel';
import { useEndpoint } from '../../hooks/useEndpoint';

/** Props of {@link MailServerImport}. */
export interface MailServerImportProps {
  mailServerId: string;
  onStarted: () => void;
  onClose: () => void;
}

/** What is in the mail server's folder already, and how much of it to read. */
export function MailServerImport(props: MailServerImportProps) {
  const { mailServerId, onStarted, onClose } = props;
  const params = { mailServerId };
  const api = useApi(incomingMailApiRef);
  const preview = useEndpoint('previewMailServer', { params });
  return (
    <ImportPanel
      preview={preview}
      onImport={async body => {
        await api.call('startMailServerImport', { params, body });
        onStarted();
      }}
      onClose={onClose}
    />
  );
}
