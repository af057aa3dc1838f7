/** A variant of an endpoint as Application Auto Scaling names it. */
export interface ScalingResource {
  readonly endpoint: string;
  readonly variant: string;
}

/** Of `endpoint/<name>/variant/<name>`; undefined for a text that names no variant. */
export function parseScalingResource(text: string): ScalingResource | undefined {
  const [, endpoint, variant] =
    /^endpoint\/([a-zA-Z0-9][a-zA-Z0-9-]{0,62})\/variant\/([a-zA-Z0-9][a-zA-Z0-9-]{0,62})$/.exec(text) ?? [];
  return endpoint !== undefined && variant !== undefined ? { endpoint, variant } : undefined;
}
