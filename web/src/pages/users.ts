/** Account ids as people write them: with commas, spaces or both. */
export const idsOf = (text: string): string[] => text.split(/[\s,]+/).filter(Boolean);
