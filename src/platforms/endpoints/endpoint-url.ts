import { partitionOf } from '../../contract/arns.ts';

/** Where an endpoint takes invocations. @param server where SageMaker's API answers, in place of AWS */
export function endpointUrl(name: string, region: string, server: string | undefined): string {
  const domain = partitionOf(region) === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com';
  const base = server?.replace(/\/+$/, '') ?? `https://runtime.sagemaker.${region}.${domain}`;
  return `${base}/endpoints/${name}/invocations`;
}
