// What `weir reproduce` is told on the command line.

export interface ReproduceOptions {
  readonly out: string;
  readonly config?: string;
  readonly router: readonly string[];
  readonly measure: boolean;
}
