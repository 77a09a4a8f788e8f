// SPDX-License-Identifier: Apache-2.0
import { Route, Routes } from 'react-router-dom';
import { RequestContent } from './RequestContent';
import { RequestListContent } from './RequestListContent';

/** The tab *Requests* of a project: the list, and one request below it. */
export function RequestsContent() {
  return (
    <Routes>
      <Route index element={<RequestListContent />} />
      <Route path=":number" element={<RequestContent />} />
    </Routes>
  );
}
