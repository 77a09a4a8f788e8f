// SPDX-License-Identifier: Apache-2.0
import { useApi } from '@backstage/core-plugin-api';
import { incomingMailApiRef } from '../api/incomingMailApiRef';
import { ImportPanel } from '../components/mailbox/ImportPanel';
import { useEndpoint } from '../hooks/useEndpoint';
import type { Project } from '../hooks/useProject';

/** Props of {@link ChannelImport}. */
export interface ChannelImportProps {
  project: Project;
  onStarted: () => void;
  onClose: () => void;
}

/** What is in the channel's mailbox already, and how much of it to read. */
export function ChannelImport(props: ChannelImportProps) {
  const { project, onStarted, onClose } = props;
  const api = useApi(incomingMailApiRef);
  const preview = useEndpoint('previewChannel', { params: project });
  return (
    <ImportPanel
      preview={preview}
      onImport={async body => {
        await api.call('startChannelImport', { params: project, body });
        onStarted();
      }}
      onClose={onClose}
    />
  );
}
