// The options of `weir reproduce`.

export interface ReproduceOptions {
  readonly out: string;
  readonly config?: string;
  readonly router: readonly string[];
  readonly registry?: string;
  readonly measure: boolean;
}
