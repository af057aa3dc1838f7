/** Why a model cannot be served; its message is for the log, without a stack. */
export class ServingError extends Error {}
