export function compiled<Module>(path: string): Promise<Module>;
