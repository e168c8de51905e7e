export const CLASSES: string[] = ['x'];
export const WEIGHTS = '';
