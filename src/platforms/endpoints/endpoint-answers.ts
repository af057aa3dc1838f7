/** What SageMaker answers about endpoints, told apart by its words: it has one code for all of them. */

/** Something of this name is there: by the names that endpoints' parts have, it is the same. */
export function isAlreadyThere(error: unknown): boolean {
  return /already existing|already exists/i.test(messageOf(error));
}

/** An endpoint, configuration or model that there is not. */
export function isNotThere(error: unknown): boolean {
  return (
    /^Could not find |does not exist|not found/i.test(messageOf(error)) ||
    nameOf(error) === 'ObjectNotFoundException'
  );
}

/** An endpoint that is being changed. */
export function isInProgress(error: unknown): boolean {
  return (
    /in-progress|Cannot update endpoint .* in status|Updating/i.test(messageOf(error)) && !isNotThere(error)
  );
}

/** Variants that have to be deregistered from auto-scaling before they are removed or get another instance type. */
export function scaledVariants(error: unknown): string[] {
  const names = /The variant\(s\) "\[(.*?)\]" must be deregistered as scalable targets/.exec(
    messageOf(error),
  )?.[1];
  return names === undefined ? [] : names.split(/,\s*/);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : '';
}
