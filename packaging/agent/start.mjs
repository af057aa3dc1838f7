// What the agent's image starts. Its verbs are in few files (rolldown.config.mjs); all else is as it was compiled.
await import(process.argv[2] === 'agent' ? './agent/main.js' : './dist/cli/main.js');
