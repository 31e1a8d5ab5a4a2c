'use strict';
// A process that was started before it is known which function it serves.

const Module = require('module');
const v8 = require('v8');

// What most functions, and the AWS SDK in them, require.
const PRELOADED = ['buffer', 'crypto', 'events', 'fs', 'http', 'https', 'os', 'path', 'process', 'stream', 'url', 'util'];

/** Loads what needs no function, while nobody waits: also the loader of ECMAScript modules. */
async function preload() {
  for (const name of PRELOADED) require(name);
  await import('./warm.mjs');
}

/** Turns this process into one that was started for the function that is described. */
function become({ variables, working_directory: workingDirectory, heap_mb: heapMb }) {
  for (const name of Object.keys(process.env)) if (!(name in variables)) delete process.env[name];
  Object.assign(process.env, variables);
  process.chdir(workingDirectory);
  Module._initPaths(); // NODE_PATH
  // The size of the heap cannot be limited any more, but how fast it grows between two collections can.
  if (heapMb) v8.setFlagsFromString(`--heap-growing-percent=${heapMb < 1024 ? 30 : heapMb < 2048 ? 60 : 100}`);
}

module.exports = { preload, become };
