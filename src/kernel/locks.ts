// What would keep a cell's replacement in its place for good. Kernel and cells share JavaScript's own objects, and what is
// frozen could not be set aside while the kernel works.

/** The objects that are shared. None of this calls what a cell may have replaced. */
export interface Shared {
  /** Whether an object is shared, or just this property of it. */
  isShared(object: unknown, key?: PropertyKey): boolean;
  /** Whether a property is, or would be, what it was before all cells. */
  isOurs(object: object, key: PropertyKey, property: PropertyDescriptor): boolean;
  /** Whether the kernel itself adds to it later. */
  isOpen(object: object): boolean;
  /** A property of it that is not as it was before all cells. */
  changed(object: object): PropertyKey | undefined;
}

type Objects = typeof Object;
type Define = Objects["defineProperty"];

const { getOwnPropertyDescriptor, ownKeys, isExtensible } = Reflect;
const native = {
  defineProperty: Object.defineProperty,
  freeze: Object.freeze,
  seal: Object.seal,
  preventExtensions: Object.preventExtensions,
  defineProperties: Object.defineProperties,
  reflectDefine: Reflect.defineProperty,
  reflectPrevent: Reflect.preventExtensions,
};
const FIELDS = ["value", "writable", "get", "set", "enumerable", "configurable"] as const;
const text = String;
const isObject = (value: unknown): boolean =>
  (typeof value === "object" && value !== null) || typeof value === "function";

/** As the language reads a descriptor, but inheriting nothing. */
function read(given: PropertyDescriptor): PropertyDescriptor {
  const descriptor = { __proto__: null } as PropertyDescriptor;
  for (let i = 0; i < FIELDS.length; i++) if (FIELDS[i] in given) descriptor[FIELDS[i]] = given[FIELDS[i]] as never;
  return descriptor;
}

const refusal = (what: string): TypeError =>
  new TypeError(
    `${what}: the kernel shares this object with its cells, and must be able to set aside what they change`,
  );

/** Puts functions into the place of `Object.freeze` and its like that lock no shared object on a cell's property. */
export function guardLocks(shared: Shared): void {
  /** The descriptor to define instead; a cell's property of a shared object stays configurable. */
  const open = (object: object, key: PropertyKey, given: PropertyDescriptor): PropertyDescriptor => {
    if (!shared.isShared(object, key) || !isObject(given)) return given;
    const wanted = read(given);
    const now = getOwnPropertyDescriptor(object, key);
    if (now && !now.configurable) {
      if (now.writable && wanted.writable === false) {
        const value = "value" in wanted ? (wanted.value as unknown) : (now.value as unknown);
        const after = { value, get: undefined, set: undefined };
        if (!shared.isOurs(object, key, after)) throw refusal(`its "${text(key)}" cannot be made read-only`);
      }
      return given;
    }
    if (wanted.configurable ?? now?.configurable) return given;
    wanted.configurable = true;
    return wanted;
  };
  const requireAsItWas = (object: unknown, what: string): void => {
    if (!shared.isShared(object)) return;
    if (shared.isOpen(object as object)) throw refusal(`it cannot be ${what}`);
    const key = shared.changed(object as object);
    if (key !== undefined) throw refusal(`it cannot be ${what} while its "${text(key)}" is a cell's`);
  };
  const define: Define = (object, key, given) => native.defineProperty(object, key, open(object as object, key, given));
  const own = {
    defineProperty<T>(object: T, key: PropertyKey, descriptor: PropertyDescriptor & ThisType<unknown>): T {
      return define(object, key, descriptor);
    },
    defineProperties<T>(object: T, all: PropertyDescriptorMap & ThisType<unknown>): T {
      if (!shared.isShared(object) || !isObject(all)) return native.defineProperties(object, all);
      const keys = ownKeys(all);
      for (let i = 0; i < keys.length; i++) {
        if (getOwnPropertyDescriptor(all, keys[i])?.enumerable) define(object, keys[i], all[keys[i] as string]);
      }
      return object;
    },
    freeze<T>(object: T): Readonly<T> {
      requireAsItWas(object, "frozen");
      return native.freeze(object);
    },
    seal<T>(object: T): T {
      requireAsItWas(object, "sealed");
      return native.seal(object);
    },
    preventExtensions<T>(object: T): T {
      // What a cell then deletes could not be put back.
      if (shared.isShared(object) && isExtensible(object as object))
        throw refusal("it cannot be closed to new properties");
      return native.preventExtensions(object);
    },
  };
  const reflect = {
    defineProperty(object: object, key: PropertyKey, descriptor: PropertyDescriptor & ThisType<unknown>): boolean {
      return native.reflectDefine(object, key, open(object, key, descriptor));
    },
    preventExtensions(object: object): boolean {
      if (shared.isShared(object)) return !isExtensible(object);
      return native.reflectPrevent(object);
    },
  };
  for (const [target, functions] of [
    [Object, own],
    [Reflect, reflect],
  ] as const) {
    for (const [name, value] of Object.entries(functions))
      native.defineProperty(target, name, { configurable: true, enumerable: false, writable: true, value });
  }
}
