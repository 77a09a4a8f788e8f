// SPDX-License-Identifier: Apache-2.0
import '@testing-library/jest-dom';
import { configure } from '@testing-library/react';

// A busy machine is slow, and slowness is not what is tested.
configure({ asyncUtilTimeout: 20_000 });
jest.setTimeout(120_000);
