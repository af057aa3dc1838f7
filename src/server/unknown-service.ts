/**
 * Answers requests that are meant for a service which Sluice does not have, so that none is taken for S3.
 *
 * By design: in JSON, or in the XML of a query service where a form was sent, because that is what the client reads.
 */
import { AwsError } from './wire/aws-error.ts';
import type { Service, WireRequest } from './wire/http.ts';
import { errorAnswer } from './wire/json-service.ts';
import { queryErrorAnswer } from './wire/query-service.ts';
import { signedService } from './wire/service-name.ts';

const SERVED =
  'SageMaker, SageMaker Runtime, S3, CloudWatch Logs, CloudWatch, Application Auto Scaling, ECR, STS and IAM';

export const unknownService: Service = {
  operations: new Set(),
  async handle(request) {
    const error = new AwsError('UnknownOperationException', message(request));
    return request.headers['content-type']?.startsWith('application/x-www-form-urlencoded')
      ? queryErrorAnswer({ namespace: 'https://aws.amazon.com/' }, error, request)
      : errorAnswer(error, request);
  },
};

function message(request: WireRequest): string {
  const target = request.headers['x-amz-target'];
  if (target !== undefined) {
    return `Sluice serves no operation ${JSON.stringify(target)}; it serves ${SERVED}.`;
  }
  const path = request.url.split('?', 1)[0]?.slice(0, 200);
  return `Sluice serves no ${request.method} ${path} of "${signedService(request)}"; it serves ${SERVED}.`;
}
