// SPDX-License-Identifier: Apache-2.0
module.exports = require('../../eslint-rooms').frontend(__dirname);
