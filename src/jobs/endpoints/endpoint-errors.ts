import { SluiceError } from '../../core/errors.ts';

/** What SageMaker says of an endpoint that does not exist. */
export function endpointNotFound(arn: string): SluiceError {
  return new SluiceError('EndpointNotFound', `Could not find endpoint "${arn}".`, {
    hint: 'Create the endpoint first, or correct EndpointName.',
  });
}

/** What SageMaker says of an endpoint configuration that does not exist. */
export function endpointConfigNotFound(arn: string): SluiceError {
  return new SluiceError('EndpointConfigNotFound', `Could not find endpoint configuration "${arn}".`, {
    hint: 'Create the endpoint configuration first, or correct EndpointConfigName.',
  });
}

/** What SageMaker says of a second endpoint of one name. */
export function endpointNameTaken(arn: string): SluiceError {
  return new SluiceError('EndpointNameTaken', `Cannot create already existing endpoint "${arn}".`, {
    hint: 'Delete the endpoint first, or choose another EndpointName.',
  });
}

/** What SageMaker says of an endpoint that is being changed. */
export function endpointBusy(arn: string): SluiceError {
  return new SluiceError('EndpointBusy', `Cannot update in-progress endpoint "${arn}".`, {
    hint: 'Wait until the endpoint is InService or Failed.',
  });
}
