// The rooms and what each may import (CONTRIBUTING.md, docs/decisions). `core` may be imported by all; a room may import itself.
const rooms = {
  core: [],
  contract: [],
  graph: ['contract'],
  channels: ['objects', 'contract'],
  objects: [],
  executors: ['contract'],
  state: ['contract', 'graph'],
  serving: [],
  job: [],
  bundles: ['graph', 'contract', 'channels', 'objects'],
  // Python, which runs inside jobs.
  toolkit: [],
  algorithms: [],
  hosts: ['bundles', 'contract', 'channels', 'objects'],
  jobs: ['hosts', 'bundles', 'contract', 'channels', 'objects', 'executors', 'state'],
  agent: ['hosts', 'bundles', 'contract', 'channels', 'objects'],
  platforms: ['bundles', 'graph', 'contract', 'objects'],
  engine: ['platforms', 'bundles', 'graph', 'state'],
  home: ['engine', 'platforms', 'bundles', 'jobs', 'executors', 'state', 'objects', 'graph', 'contract'],
  sdk: ['graph', 'contract'],
  flyte: ['home', 'engine', 'platforms', 'bundles', 'objects', 'state', 'graph', 'contract'],
  server: ['home', 'engine', 'bundles', 'jobs', 'state', 'objects', 'graph', 'contract'],
  cli: [
    'flyte',
    'sdk',
    'server',
    'home',
    'engine',
    'platforms',
    'bundles',
    'jobs',
    'agent',
    'channels',
    'objects',
    'executors',
    'state',
    'graph',
    'contract',
  ],
};

// A room's door is its index.ts. In these two, whose files each export one thing that stands alone, every file beside
// it is a door: one for all would have `sluice runs ls` load three times as many modules (docs/decisions).
const openRooms = ['core', 'contract'];
// Doors to a part of a room, where the whole is too heavy, or too much, for who needs that part.
const innerDoors = [
  'contract/iam',
  'core/tree',
  'flyte/connector',
  'flyte/functions',
  'flyte/registration',
  'home/keep-runs',
  'home/plan',
  'home/runs',
  'home/server',
  'objects/checksums',
  'objects/directory',
  'platforms/clusters',
  'platforms/endpoints',
  'platforms/iam',
  'platforms/prices',
  'platforms/router',
  'platforms/sagemaker',
];

const roomRules = Object.entries(rooms).map(([room, allowed]) => ({
  name: `${room}-imports`,
  comment: `${room}/ may import only: ${['itself', ...(room === 'serving' || room === 'job' ? [] : ['core']), ...allowed].join(', ')}.`,
  severity: 'error',
  from: { path: `^src/${room}/`, ...(room === 'platforms' ? { pathNot: '^src/platforms/local/' } : {}) },
  to: {
    path: '^src/',
    pathNot: `^src/(${[room, ...(['serving', 'job', 'core'].includes(room) ? [] : ['core']), ...allowed].join('|')})/`,
  },
}));

export default {
  forbidden: [
    ...roomRules,
    {
      name: 'only-local-sees-jobs',
      comment: 'platforms/local is the one platform that runs jobs on this machine.',
      severity: 'error',
      from: { path: '^src/platforms/local/' },
      to: {
        path: '^src/',
        pathNot: '^src/(platforms|bundles|jobs|state|executors|graph|contract|objects|core)/',
      },
    },
    {
      name: 'no-cycles',
      comment: 'Files import each other in one direction only.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-orphan-resolution',
      comment: 'Every import must lead somewhere.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'not-to-dev-dependencies',
      comment: 'What the package runs on must be in `dependencies`.',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'through-the-door',
      comment:
        'A room is entered through its index.ts, or through the doors named above: see CONTRIBUTING.md.',
      severity: 'error',
      from: { path: '^src/([^/]+)/' },
      to: {
        path: '^src/[^/]+/',
        pathNot: [
          '^src/$1/',
          `^src/([^/]+|${innerDoors.join('|')})/index\\.js$`,
          `^src/(${openRooms.join('|')})/[^/]+$`,
        ],
      },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['node', 'import', 'require', 'default'],
    },
  },
};
