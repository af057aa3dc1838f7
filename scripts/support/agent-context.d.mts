/** Makes the context of packaging/agent/Dockerfile. */
export function makeAgentContext(directory: string): void;
