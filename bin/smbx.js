#!/usr/bin/env node
// The program itself: built from src/cli by `npm run build`.
import "../dist/cli/main.js";
