/** A memory that code can work in. */
export interface Memory {
  readonly buffer: ArrayBuffer;
}

/** As much of the runtime's WebAssembly as is used; neither the ES library nor that of Node.js declares it. */
interface Engine {
  readonly Memory: new (size: { readonly initial: number; readonly maximum: number }) => Memory;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  ) => { readonly exports: unknown };
}

/** Absent where the runtime was started without it. */
export const engine = (globalThis as { readonly WebAssembly?: Engine }).WebAssembly;
