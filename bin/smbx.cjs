#!/usr/bin/env node
// The program: dist/bundle/smbx.cjs, which `npm run build` makes of src/cli. CommonJS, as that file is,
// because Node starts it faster than ES modules: docs/decisions/0003-one-file-start-up.md.
"use strict";

const { createRequire, enableCompileCache } = require("node:module");
const { dirname, join } = require("node:path");
const { loadCompiled } = require("./compiled.cjs");

const BUNDLE = join(__dirname, "..", "dist", "bundle", "smbx.cjs");

// Node 22 and later: for the files of ink.
enableCompileCache?.(join(dirname(BUNDLE), "compile-cache"));
// Only Node's own loader reads source maps.
if (process.sourceMapsEnabled) require(BUNDLE);
else loadCompiled(BUNDLE)(exports, createRequire(BUNDLE), module, BUNDLE, dirname(BUNDLE));
