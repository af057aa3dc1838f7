import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { IMAGE, openPodman } from './containers.ts';

/** What the agent's image is called in the cluster of the tests. */
export const AGENT_IMAGE = 'localhost/sluice-agent:1';

const root = join(import.meta.dirname, '../..');

/**
 * Makes the images that the tests' pods run, without a registry: {@link IMAGE}, and the same system with Sluice as it is
 * compiled, which is the agent.
 *
 * @returns an archive that a node imports
 */
export async function saveClusterImages(directory: string): Promise<string> {
  const archive = join(directory, 'images.tar');
  await using podman = await openPodman();
  const context = mkdtempSync(join(tmpdir(), 'sluice-agent-image-'));
  try {
    copySluice(join(context, 'sluice'));
    cpSync(
      execFileSync('sh', ['-c', 'command -v catatonit'], { encoding: 'utf8' }).trim(),
      join(context, 'catatonit'),
    );
    const lines = [
      `FROM ${IMAGE}`,
      'COPY catatonit /bin/catatonit',
      'COPY sluice /opt/sluice',
      'ENTRYPOINT ["/bin/catatonit", "--", "/bin/node", "/opt/sluice/dist/cli/main.js"]',
      '',
    ];
    writeFileSync(join(context, 'Containerfile'), lines.join('\n'));
    podman.run('build', '--isolation', 'chroot', '--tag', AGENT_IMAGE, context);
    podman.run('save', '--multi-image-archive', '--output', archive, IMAGE, AGENT_IMAGE);
  } finally {
    rmSync(context, { recursive: true });
  }
  return archive;
}

/** What the package runs on, and nothing else. */
function copySluice(target: string): void {
  mkdirSync(target);
  for (const name of ['dist', 'package.json'])
    cpSync(join(root, name), join(target, name), { recursive: true });
  const listed = execFileSync('npm', ['ls', '--omit=dev', '--all', '--parseable'], {
    cwd: root,
    encoding: 'utf8',
  });
  for (const place of listed.trim().split('\n').slice(1)) {
    const name = place.slice(root.length + 1);
    cpSync(place, join(target, name), { recursive: true, force: false });
  }
}
