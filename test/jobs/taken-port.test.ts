import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { takenPortHint } from '../../src/jobs/serving/taken-port.ts';

test('a port that another program has is named where a model server could not start', async () => {
  const server = createServer();
  // Where somebody has it already, all the better.
  await new Promise<void>((resolve) => {
    server.once('error', () => resolve());
    server.listen(8080, '127.0.0.1', resolve);
  });
  expect(await takenPortHint()).toContain('Port 8080 of this machine is in use by another program');
  server.close();
});
