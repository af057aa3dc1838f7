import { expect, test } from 'vitest';
import { configurationSources } from '../../src/core/configuration-files.ts';

test('a file that is named twice is read once', () => {
  const environment = { SLUICE_CONFIG: 'a.yaml:/work/a.yaml:b.yaml' };
  expect(configurationSources({ home: '/home', directory: '/work', environment })).toEqual([
    { path: '/work/a.yaml', origin: 'named' },
    { path: '/work/b.yaml', origin: 'named' },
    { path: '/home/config.yaml', origin: 'home' },
  ]);
});
