import { mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findDatabaseUrl } from '../../src/core/database-url.ts';
import { loadConfiguration } from '../../src/core/load-configuration.ts';
import { distrustFile, trustFile, trustOf } from '../../src/core/trust.ts';

let root: string;
let home: string;
let project: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sluice-trust-'));
  home = join(root, 'home');
  project = join(root, 'project');
  await mkdir(project);
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** What a stranger's file may not choose: its text, and the keys that the refusal names. */
const CHOICES: readonly [file: string, text: string, keys: string][] = [
  ['sluice.yaml', 'images: { "a:*": { command: [sh, -c, evil] } }', 'images.a:*.command'],
  ['sluice.yaml', 'images: { a: { serve: [sh] } }', 'images.a.serve'],
  ['sluice.yaml', 'images: { a: { container: evil } }', 'images.a.container'],
  [
    'sluice.yaml',
    'images: { a: { framework: pytorch, environment: { PYTHONPATH: . } } }',
    'images.a.environment',
  ],
  ['sluice.yaml', 'containers: { arguments: [--privileged] }', 'containers.arguments'],
  ['sluice.yaml', 'frameworks: { torchIndex: "https://evil.example.com" }', 'frameworks.torchIndex'],
  ['sluice.yaml', 'database: postgres://evil/db', 'database'],
  ['sluice.yaml', 'server: { keys: { a: { accessKeyId: a, secretAccessKey: b } } }', 'server.keys'],
  [
    'sluice.yaml',
    'server: { jobAccess: all, allowedOrigins: ["https://a.example.com"] }',
    'server.allowedOrigins, server.jobAccess',
  ],
  ['sluice.yaml', 'server: { accessLog: ../.bashrc }', 'server.accessLog'],
  ['sluice.yaml', 'retention: { maxSize: 1 }', 'retention'],
  [
    'sluice.yaml',
    'platforms: { sagemaker: { endpoint: "https://evil.example.com", profile: admin } }',
    'platforms.sagemaker.profile, platforms.sagemaker.endpoint',
  ],
  ['sluice.yaml', 'platforms: { kubernetes: {} }', 'platforms.kubernetes'],
  ['sluice.yaml', 'router: { maxCostInUSDPerRun: 10000 }', 'router.maxCostInUSDPerRun'],
  [
    'sluice.yaml',
    'router: { policy: cost, rules: [{ platforms: [coreweave] }] }',
    'router.policy, router.rules',
  ],
  [
    'plugins.yaml',
    'plugins: { codeweave: { auth: { type: api-key, secret: x } }, k8s: { kubeconfig: ./k } }',
    'plugins.k8s.kubeconfig, plugins.codeweave.auth',
  ],
];

describe('a file that merely lies in the directory may not choose', () => {
  test.each(CHOICES)('%s: %s', async (name, text, keys) => {
    const path = join(project, name);
    await writeFile(path, text);
    await expect(loadConfiguration(home, project)).rejects.toMatchObject({
      code: 'ConfigUntrusted',
      message: `${path} is not trusted, and chooses programs, places, platforms or rights: ${keys}.`,
      hint: expect.stringContaining('sluice config trust') as string,
    });
    trustFile(home, path, text);
    await loadConfiguration(home, project);
    await writeFile(path, `${text} # and more`);
    await expect(loadConfiguration(home, project)).rejects.toMatchObject({
      code: 'ConfigUntrusted',
      message: expect.stringContaining('has changed since it was trusted') as string,
    });
  });
});

test('what chooses nothing of the kind needs no trust', async () => {
  const harmless = `images: { a: { framework: pytorch } }
frameworks: { missingPackages: report }
limits: { processes: 100 }
archives: { maxUnpackedGiB: 1 }
platforms: { local: { jobsAtOnce: 2 } }
server: { runs: { maxNodes: 10 } }
lease: 20s
`;
  await writeFile(join(project, 'sluice.yaml'), harmless);
  expect(await loadConfiguration(home, project)).toMatchObject({ platforms: { local: { jobsAtOnce: 2 } } });
});

test("the home's own file and one that was named are trusted", async () => {
  await mkdir(home);
  const text = 'images: { a: { command: [node] } }\n';
  await writeFile(join(home, 'config.yaml'), text);
  await writeFile(join(project, 'sluice.yaml'), text);
  const named = { SLUICE_CONFIG: join(project, 'sluice.yaml') };
  expect((await loadConfiguration(home, project, named)).images).toHaveLength(2);
});

test("a stranger's database is refused where a database is looked for, and nothing else of the file is", async () => {
  const at = { home, directory: project, environment: {} };
  await writeFile(join(project, 'sluice.yaml'), 'database: postgres://evil/db\n');
  await expect(findDatabaseUrl(at)).rejects.toMatchObject({ code: 'ConfigUntrusted' });
  await writeFile(join(project, 'sluice.yaml'), 'images: { database: { command: [node] } }\n');
  expect(await findDatabaseUrl(at)).toBeUndefined();
});

test('trust is for one file under whichever name, is private, and may be taken back', async () => {
  const path = join(project, 'sluice.yaml');
  await writeFile(path, 'a');
  await symlink(project, join(root, 'link'));
  trustFile(home, join(root, 'link', 'sluice.yaml'), 'a');
  expect(trustOf(home, path, 'a')).toBe('trusted');
  expect(trustOf(home, path, 'b')).toBe('changed');
  expect(trustOf(home, join(root, 'sluice.yaml'), 'a')).toBe('unknown');
  const [record] = await readdir(join(home, 'trusted'));
  expect((await stat(join(home, 'trusted', record as string))).mode & 0o777).toBe(0o600);
  distrustFile(home, path);
  expect(trustOf(home, path, 'a')).toBe('unknown');
});

test('a key that would move the cursor of whoever reads it is refused', async () => {
  const path = join(project, 'sluice.yaml');
  await writeFile(path, 'images: { "a\\e[2K": { command: [sh] } }');
  await expect(loadConfiguration(home, project)).rejects.toMatchObject({
    code: 'ConfigInvalid',
    message: `${path}: the key "a\\u001b[2K" has control characters.`,
  });
});

test("a stranger's link to a trusted file is not trusted: relative programs would be those beside the link", async () => {
  const text = 'images: { a: { command: [./run.sh] } }\n';
  const [trusted, cloned] = [join(project, 'sluice.yaml'), join(root, 'cloned')];
  await writeFile(trusted, text);
  trustFile(home, trusted, text);
  await mkdir(cloned);
  await symlink(trusted, join(cloned, 'sluice.yaml'));
  await expect(loadConfiguration(home, cloned)).rejects.toMatchObject({ code: 'ConfigUntrusted' });
  expect(trustOf(home, trusted, text)).toBe('trusted');
  trustFile(home, join(cloned, 'sluice.yaml'), text);
  await loadConfiguration(home, cloned);
});
