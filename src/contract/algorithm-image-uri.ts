import { SluiceError } from '../core/errors.ts';
import { suggest } from '../core/suggest.ts';
import { frameworkImageUri, registryDomain } from './framework-image-uri.ts';
import { accountTables, algorithmImages } from './image-registries.gen.ts';

/** The one of SageMaker's own algorithms that runs here. */
export const LOCAL_ALGORITHM = 'xgboost';

/** All that a task may name. */
export const ALGORITHMS: readonly string[] = [LOCAL_ALGORITHM, ...Object.keys(algorithmImages)];

/** Checks the name of an algorithm. @throws SluiceError `InvalidArgument` that names those there are */
export function validateAlgorithm(name: string): void {
  if (ALGORITHMS.includes(name)) return;
  throw new SluiceError(
    'InvalidArgument',
    `algorithm: SageMaker has no algorithm '${name}'. ${suggest(name, ALGORITHMS)}`,
  );
}

/** SageMaker's image of one of its own algorithms. @throws SluiceError `InvalidArgument` for a region that has none */
export function algorithmImageUri(name: string, region: string, instanceType: string): string {
  validateAlgorithm(name);
  if (name === LOCAL_ALGORITHM) return frameworkImageUri({ framework: name, region, instanceType });
  const { repository, tag, table } = algorithmImages[name] as (typeof algorithmImages)[string];
  const account = accountTables[table]?.[region];
  if (account !== undefined)
    return `${account}.dkr.ecr.${region}.${registryDomain(region)}/${repository}:${tag}`;
  throw new SluiceError('InvalidArgument', `algorithm: the region ${region} has no image of '${name}'.`, {
    hint: `It is in ${Object.keys(accountTables[table] ?? {}).join(', ')}.`,
  });
}
