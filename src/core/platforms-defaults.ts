/** What holds for SageMaker where neither a task nor the configuration says otherwise. */
export const SAGEMAKER_DEFAULTS = { defaultInstanceType: 'ml.m5.large', enableSpotInstances: false } as const;

/** What holds for the router where the configuration does not say otherwise. */
export const ROUTER_DEFAULTS = { policy: 'flowchart', maxQueueSeconds: 1800 } as const;
