/** What SageMaker says of an endpoint's life. */
export type EndpointStatus =
  | 'Creating'
  | 'Updating'
  | 'InService'
  | 'Deleting'
  | 'Failed'
  | 'RollingBack'
  | 'SystemUpdating'
  | 'OutOfService';

/** One variant as an endpoint serves it, or as it is going to. */
export interface EndpointVariant {
  readonly variantName: string;
  /** Which part of the traffic it takes, relative to the other variants. */
  readonly weight: number;
  readonly instanceCount: number;
}

/** An endpoint's configuration at work: which configuration, and its variants as they were changed since. */
export interface EndpointDeployment {
  readonly endpointConfigName: string;
  readonly variants: readonly EndpointVariant[];
}
