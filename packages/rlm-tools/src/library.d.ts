/** The source text of a library: `bundle/from-source` where there was no build, else what `bundle/write-dist.ts` wrote. */
export declare const text: string;
