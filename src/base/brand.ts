/** A `Base` that only its one checked constructor may make, so that two numbers cannot be swapped unnoticed. */
export type Brand<Base, Name extends string> = Base & { readonly __brand: Name }
