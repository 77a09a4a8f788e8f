// SPDX-License-Identifier: Apache-2.0
import '@backstage/cli/asset-types';
import '@backstage/ui/css/styles.css';
import ReactDOM from 'react-dom/client';
import './portal.css';
import { app } from './App';

const root = document.getElementById('root');
if (!root) {
  throw new Error('public/index.html must have an element with the id "root"');
}
ReactDOM.createRoot(root).render(app.createRoot());
