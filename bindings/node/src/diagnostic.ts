/** One thing to tell the author of a policy. */
export interface Diagnostic {
  /** Stable, such as `document/duplicate-key`. */
  readonly code: string;
  /** Whether the policy can be used all the same. */
  readonly severity: "error" | "warning";
  /** One line. */
  readonly message: string;
  /** Name of the document. */
  readonly file: string;
  readonly span: Span;
  /** What to write instead. */
  readonly help?: string;
}

/** A range of a document. */
export interface Span {
  /** From 1. */
  readonly line: number;
  /** From 1, in code points. */
  readonly column: number;
  /** Byte offset of the first byte. */
  readonly start: number;
  /** Byte offset behind the last byte. */
  readonly end: number;
}
