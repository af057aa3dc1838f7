/**
 * CloudWatch: the metrics of jobs and endpoints over time, and those that scripts put.
 *
 * Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/. Gaps: metric math, searches, alarms and
 * dashboards are not served; points are kept as they came and never thinned out; what jobs in containers use of the
 * machine is not measured.
 * By design: all three protocols of CloudWatch are spoken: CBOR (today's boto3 and SDK for JavaScript), JSON and forms.
 */
import { queryError } from '../access/aws-signature-error.ts';
import type { Operation, OperationContext } from '../operations/operation.ts';
import type { AwsError } from '../wire/aws-error.ts';
import { cborCall } from '../wire/cbor-call.ts';
import { cborErrorAnswer, createCborService } from '../wire/cbor-service.ts';
import type { Service, WireAnswer, WireRequest } from '../wire/http.ts';
import { createJsonService, errorAnswer } from '../wire/json-service.ts';
import { monitoringModel } from '../wire/model/monitoring.gen.ts';
import { plainBody } from '../wire/plain-body.ts';
import { createQueryService, queryErrorAnswer } from '../wire/query-service.ts';
import { toAwsError } from '../wire/to-aws-error.ts';
import { getMetricData } from './get-metric-data.ts';
import { getMetricStatistics } from './get-metric-statistics.ts';
import { listMetrics } from './list-metrics.ts';
import { putMetricData } from './put-metric-data.ts';

const NAMESPACE = 'http://monitoring.amazonaws.com/doc/2010-08-01/';

/** What the errors are called in the oldest protocol, whose names clients still know. */
const QUERY_CODES: Readonly<Record<string, string>> = {
  InvalidParameterValueException: 'InvalidParameterValue',
  InvalidParameterCombinationException: 'InvalidParameterCombination',
  InternalFailure: 'InternalServiceError',
};

/** The service over the metrics of one home. */
export function createMonitoring(context: OperationContext, log: (message: string) => void): Service {
  const bind =
    <Input, Output extends object>(operation: Operation<Input, Output>) =>
    (input: Input) =>
      operation(input, context);
  const options = {
    name: 'CloudWatch',
    model: monitoringModel,
    operations: {
      GetMetricData: bind(getMetricData),
      GetMetricStatistics: bind(getMetricStatistics),
      ListMetrics: bind(listMetrics),
      PutMetricData: bind(putMetricData),
    } satisfies Record<keyof typeof monitoringModel.operations, unknown>,
    invalidInputCode: 'ValidationError',
    log,
  };
  const services = {
    cbor: createCborService(options),
    json: createJsonService(options),
    query: createQueryService({ ...options, namespace: NAMESPACE, errorCodes: QUERY_CODES }),
  };
  return {
    operations: services.json.operations,
    async handle(request) {
      try {
        const plain = { ...request, body: await plainBody(request) };
        return withQueryError(await services[protocolOf(request)].handle(plain));
      } catch (error) {
        return monitoringErrorAnswer(toAwsError(error, log), request);
      }
    },
  };
}

/** The answer to a request that failed, in the protocol that its client speaks. */
export function monitoringErrorAnswer(error: AwsError, request: WireRequest): WireAnswer {
  switch (protocolOf(request)) {
    case 'cbor':
      return withQueryError(cborErrorAnswer(error, request));
    case 'json':
      return withQueryError(errorAnswer(error, request));
    default:
      return queryErrorAnswer({ namespace: NAMESPACE, errorCodes: QUERY_CODES }, queryError(error), request);
  }
}

function protocolOf(request: WireRequest): 'cbor' | 'json' | 'query' {
  if (request.headers['x-amz-target'] !== undefined) return 'json';
  return cborCall(request) ? 'cbor' : 'query';
}

/** Clients that knew the older protocol find its name of an error in a header. */
function withQueryError(answer: WireAnswer): WireAnswer {
  const code = answer.headers['x-amzn-ErrorType'];
  if (code === undefined) return answer;
  const fault = answer.status >= 500 ? 'Receiver' : 'Sender';
  const header = `${QUERY_CODES[code] ?? code};${fault}`;
  return { ...answer, headers: { ...answer.headers, 'x-amzn-query-error': header } };
}
