// How much longer a pipeline of three jobs takes under Flyte than its jobs do: Propeller, in the judge of test/flyte, asks
// the connector every five seconds. Claim: at most that interval for each task. `npm run test:flyte` builds the judge;
// then SLUICE_TEST_FLYTE=.cache/flyte-judge/<name> node bench/flyte-pipeline.ts
import { DescribeProcessingJobCommand, DescribeTrainingJobCommand } from '@aws-sdk/client-sagemaker';
import { connectorFor, startAwsService } from '../test/flyte/judged/aws-service.ts';
import { judge } from '../test/flyte/judged/judge.ts';

const INTERVAL_SECONDS = 5;
const ROUNDS = 3;

await using aws = await startAwsService();
await using connector = await connectorFor(aws.serve.url);
const overheads: number[] = [];
for (let round = 0; round < ROUNDS; round++) {
  const judged = await judge({ workflow: 'aws_jobs.three_steps', port: connector.port });
  if (judged.phase !== 'Succeeded')
    throw new Error(`The pipeline is ${judged.phase}: ${judged.error?.message}`);
  const jobs = new Set(judged.tasks.flatMap(({ customInfo }) => customInfo?.['job'] ?? []));
  let ownSeconds = 0;
  for (const job of jobs) ownSeconds += await secondsOf(String(job));
  const perTask = (judged.seconds - ownSeconds) / jobs.size;
  overheads.push(perTask);
  console.log(
    `${judged.seconds.toFixed(1)} s, of which ${jobs.size} jobs ${ownSeconds.toFixed(1)} s: ${perTask.toFixed(1)} s more for each task`,
  );
}
const median = overheads.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? Number.NaN;
console.log(`median: ${median.toFixed(1)} s more for each task (at most ${INTERVAL_SECONDS} s)`);

/** From its creation to its end. */
async function secondsOf(name: string): Promise<number> {
  const { sagemaker } = aws.serve;
  if (name.startsWith('prepare-')) {
    const job = await sagemaker.send(new DescribeProcessingJobCommand({ ProcessingJobName: name }));
    return between(job.CreationTime, job.ProcessingEndTime);
  }
  const job = await sagemaker.send(new DescribeTrainingJobCommand({ TrainingJobName: name }));
  return between(job.CreationTime, job.TrainingEndTime);
}

function between(from: Date | undefined, to: Date | undefined): number {
  return ((to?.getTime() ?? 0) - (from?.getTime() ?? 0)) / 1000;
}
