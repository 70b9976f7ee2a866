/** Whether tensors have values at present: while `compile` records a function, they only have types. */

let recording = 0;

/** Runs `use` while tensors stand for values that do not exist yet: checks that would read them are left out. */
export function withoutValues<T>(use: () => T): T {
  recording++;
  try {
    return use();
  } finally {
    recording--;
  }
}

/** Whether tensors have values at present: not within {@link withoutValues}. */
export function valuesExist(): boolean {
  return recording === 0;
}
