#!/usr/bin/env node
// The entry of the command line: it needs nothing itself, so that it can say why the rest cannot be loaded.

import('./program.js').then(
  ({ start }) => start(process.argv.slice(2)),
  ({ code, message }: NodeJS.ErrnoException) => {
    const files = code === 'EMFILE' || code === 'ENFILE';
    const why = files ? 'too many open files: raise the limit (ulimit -n)' : message.split('\n')[0];
    process.stderr.write(`error: the program cannot be loaded: ${why}\n`);
    process.exitCode = 1;
  },
);
