// Tests over a real Kubernetes: a control plane and a node of their own. `npm run test:cluster -- test/cluster/client`
// runs some of them. As root; the first time it builds Kubernetes, which needs Go.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildOnce } from './support/build.mjs';
import { kubeProgram, startCluster } from './support/cluster.mjs';
import { installComponents } from './support/components.mjs';
import { prepareProject, run } from './support/project.mjs';

const NODE_GONE = 'whose node goes away';

await prepareProject();
installComponents();
process.exitCode = await buildOnce();
if (process.exitCode === 0) {
  await kubeProgram();
  const { saveClusterImages } = await import('../test/harness/cluster-images.ts');
  const directory = mkdtempSync(join(tmpdir(), 'sluice-cluster-images-'));
  let cluster;
  try {
    const images = await saveClusterImages(directory);
    cluster = await startCluster();
    cluster.importImage(images);
    const env = { ...process.env, SLUICE_TEST_CLUSTER: JSON.stringify(cluster.describe()) };
    const chosen = process.argv.slice(2);
    // One test lets the only node go away: the others would go with it.
    const runs =
      chosen.length > 0
        ? [chosen]
        : [
            ['test/cluster', '-t', `^(?!.*${NODE_GONE})`],
            ['test/cluster/traps.test.ts', '-t', NODE_GONE],
          ];
    for (const args of runs) {
      // A pod takes seconds to begin and to end, and a minute on a machine that has much to do.
      const status = await run('vitest', ['run', '--testTimeout=300000', '--hookTimeout=300000', ...args], {
        env,
      });
      if (status !== 0) process.exitCode = status;
    }
  } finally {
    await cluster?.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}
