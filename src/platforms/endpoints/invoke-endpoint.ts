import type { InvokeEndpointCommandInput } from '@aws-sdk/client-sagemaker-runtime';
import { SluiceError } from '../../core/errors.ts';
import type { EndpointClients } from './endpoint-clients.ts';

/** What a model has answered. */
export interface EndpointAnswer {
  readonly body: Uint8Array;
  readonly contentType: string | undefined;
  /** The variant that has answered. */
  readonly variant: string | undefined;
}

/** Invokes an endpoint. @throws SluiceError `ModelFailed` with what the model has answered in place of a prediction */
export async function invokeEndpoint(
  clients: EndpointClients,
  input: InvokeEndpointCommandInput,
): Promise<EndpointAnswer> {
  const { InvokeEndpointCommand } = await import('@aws-sdk/client-sagemaker-runtime');
  const runtime = await clients.runtime();
  try {
    const answer = await runtime.send(new InvokeEndpointCommand(input));
    return { body: answer.Body, contentType: answer.ContentType, variant: answer.InvokedProductionVariant };
  } catch (error) {
    throw (error as Error).name === 'ModelError' ? modelFailed(input, error) : error;
  }
}

function modelFailed({ EndpointName: name = '' }: InvokeEndpointCommandInput, cause: unknown): SluiceError {
  const {
    message,
    OriginalStatusCode: status,
    OriginalMessage: answer,
  } = cause as Error & {
    readonly OriginalStatusCode?: number;
    readonly OriginalMessage?: string;
  };
  return new SluiceError('ModelFailed', `The model of '${name}': ${message}`, {
    cause,
    hint: `Its log says more: sluice endpoints show ${name} names where it is.`,
    details: { endpoint: name, status, answer },
  });
}
