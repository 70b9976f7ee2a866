// What cells make of JavaScript's own objects is theirs and not the kernel's, though both run in one realm: while the
// kernel works, what cells have put into prototypes, replaced or deleted is set aside.
import childProcess from "node:child_process";
import crypto from "node:crypto";
import { EventEmitter } from "node:events";
import fs from "node:fs";
import Module from "node:module";
import path from "node:path";
import { Readable, Writable } from "node:stream";
import util from "node:util";
import vm from "node:vm";
import { guardLocks } from "./locks.js";

const { apply, defineProperty, deleteProperty, getOwnPropertyDescriptor, getPrototypeOf, ownKeys, setPrototypeOf } =
  Reflect;
const { get } = Map.prototype;
const { has } = Set.prototype;

/** Node writes to what inherits from these, which it could not if they were frozen. */
const NODES: ReadonlySet<object> = new Set(
  [EventEmitter, Readable, Writable, Module].map(({ prototype }) => prototype as object),
);

interface Known {
  readonly object: object;
  readonly prototype: object | null;
  readonly keys: readonly PropertyKey[];
  readonly descriptors: readonly PropertyDescriptor[];
  /** Positions by key. */
  readonly at: Readonly<Record<PropertyKey, number>>;
  /** Whether properties that are new belong to nobody but the cells. */
  readonly closed: boolean;
}

interface Change {
  readonly object: object;
  readonly key: PropertyKey;
  readonly ours: PropertyDescriptor | undefined;
  readonly theirs: PropertyDescriptor | undefined;
}

interface Reparented {
  readonly object: object;
  readonly ours: object | null;
  readonly theirs: object | null;
}

const isObject = (value: unknown): value is object =>
  (typeof value === "object" && value !== null) || typeof value === "function";

/** A descriptor that inherits nothing: a cell may have given `Object.prototype` a `get`. */
function bare(descriptor: PropertyDescriptor | undefined): PropertyDescriptor | undefined {
  if (descriptor) setPrototypeOf(descriptor, null);
  return descriptor;
}

/** Objects that the kernel's work, TypeScript and Node's own modules go through. */
function relied(): Set<object> {
  const found = new Set<object>();
  const withPrototypes = (value: unknown): void => {
    for (let at = value; isObject(at) && !found.has(at); at = getPrototypeOf(at)) found.add(at);
  };
  for (const name of Object.getOwnPropertyNames(globalThis)) {
    // Node loads these when they are first asked for.
    if (getOwnPropertyDescriptor(globalThis, name)?.get || name === "process" || name.startsWith("_")) continue;
    const value = (globalThis as Record<string, unknown>)[name];
    if (value === globalThis || !isObject(value)) continue;
    withPrototypes(value);
    if (typeof value === "function") withPrototypes(value.prototype);
  }
  const iterators = [[].values(), new Map().values(), new Set().values(), ""[Symbol.iterator](), "".matchAll(/x/g)];
  const functions = [function* () {}, async () => {}, async function* () {}];
  for (const one of [...iterators, ...functions, functions[0].prototype, functions[2].prototype, process.nextTick])
    withPrototypes(one);
  for (const one of [fs, path, util, vm, crypto, childProcess, Buffer, URL]) withPrototypes(one);
  for (const one of [Buffer.prototype, ...NODES]) withPrototypes(one);
  return found;
}

class Intrinsics {
  private readonly known: Known[] = [];
  private readonly byObject = new Map<object, Known>();
  private inside = 0;

  constructor() {
    const objects = relied();
    // What these put into their place is the kernel's own.
    guardLocks({
      isShared: (object, key) => {
        const known = this.of(object);
        // What is new on the global object is the cells' own.
        return known !== undefined && (object !== globalThis || key === undefined || known.at[key] !== undefined);
      },
      isOurs: (object, key, { value, get, set }) => {
        const known = this.of(object)!;
        const ours = known.at[key] === undefined ? undefined : known.descriptors[known.at[key]];
        return ours !== undefined && ours.value === value && ours.get === get && ours.set === set;
      },
      isOpen: (object) => !this.of(object)!.closed || apply(has, NODES, [object]),
      changed: (object) => {
        const found: Change[] = [];
        this.changesOf(this.of(object)!, found);
        return found.length > 0 ? found[0].key : undefined;
      },
    });
    for (const object of objects) this.remember(object, ownKeys(object), true);
    // Node keeps these two behind a getter and a setter, whose value could not be told.
    for (const [name, value] of Object.entries({ Buffer, process }))
      defineProperty(globalThis, name, { configurable: true, enumerable: false, writable: true, value });
    this.remember(globalThis, ownKeys(globalThis), false);
    const methods = ownKeys(process).filter(
      (key) => typeof getOwnPropertyDescriptor(process, key)?.value === "function",
    );
    this.remember(process, methods, false);
  }

  ours<T>(work: () => T): T {
    if (this.inside > 0) return work();
    const changes = this.changes();
    const reparented = this.reparented();
    for (let i = 0; i < reparented.length; i++) setPrototypeOf(reparented[i].object, reparented[i].ours);
    for (let i = 0; i < changes.length; i++) put(changes[i].object, changes[i].key, changes[i].ours);
    this.inside += 1;
    try {
      return work();
    } finally {
      this.inside -= 1;
      for (let i = 0; i < changes.length; i++) {
        const { object, key, ours: own, theirs } = changes[i];
        // With a `then` on a prototype no promise could hand an object on, and no message would arrive: it is not kept.
        if (own || key !== "then") put(object, key, theirs);
      }
      for (let i = 0; i < reparented.length; i++) setPrototypeOf(reparented[i].object, reparented[i].theirs);
    }
  }

  private remember(object: object, keys: readonly PropertyKey[], closed: boolean): void {
    const at = Object.create(null) as Record<PropertyKey, number>;
    keys.forEach((key, i) => (at[key] = i));
    const descriptors = keys.map((key) => bare(getOwnPropertyDescriptor(object, key)) as PropertyDescriptor);
    const known: Known = { object, prototype: getPrototypeOf(object), keys, descriptors, at, closed };
    this.known.push(known);
    this.byObject.set(object, known);
  }

  private of(object: unknown): Known | undefined {
    return apply(get, this.byObject, [object]) as Known | undefined;
  }

  private reparented(): Reparented[] {
    const found: Reparented[] = [];
    for (let i = 0; i < this.known.length; i++) {
      const { object, prototype: ours } = this.known[i];
      const theirs = getPrototypeOf(object);
      if (theirs !== ours) found[found.length] = { object, ours, theirs };
    }
    return found;
  }

  private changes(): Change[] {
    const found: Change[] = [];
    for (let i = 0; i < this.known.length; i++) this.changesOf(this.known[i], found);
    return found;
  }

  /** Only syntax and functions taken at the start: everything else may be a cell's. */
  private changesOf({ object, keys, descriptors, at, closed }: Known, found: Change[]): void {
    const before = found.length;
    for (let j = 0; j < keys.length; j++) {
      const ours = descriptors[j];
      const theirs = bare(getOwnPropertyDescriptor(object, keys[j]));
      if (theirs && theirs.value === ours.value && theirs.get === ours.get && theirs.set === ours.set) continue;
      if (ours.value !== ours.value && theirs?.value !== theirs?.value) continue;
      found[found.length] = { object, key: keys[j], ours, theirs };
    }
    if (!closed) return;
    const now = ownKeys(object);
    if (now.length === keys.length && found.length === before) return;
    for (let j = 0; j < now.length; j++) {
      if (at[now[j]] !== undefined) continue;
      const theirs = bare(getOwnPropertyDescriptor(object, now[j]));
      found[found.length] = { object, key: now[j], ours: undefined, theirs };
    }
  }
}

let intrinsics: Intrinsics | undefined;

/** From here on what changes is a cell's doing. */
export function keepIntrinsics(): void {
  intrinsics = new Intrinsics();
}

/** Does a piece of the kernel's own work, which calls no code of a cell, with JavaScript as it was at the start. */
export function ours<T>(work: () => T): T {
  return intrinsics ? intrinsics.ours(work) : work();
}

function put(object: object, key: PropertyKey, descriptor: PropertyDescriptor | undefined): void {
  if (!descriptor) deleteProperty(object, key);
  // What a cell has sealed keeps its attributes, and can be written.
  else if (!defineProperty(object, key, descriptor) && "value" in descriptor)
    defineProperty(object, key, { __proto__: null, value: descriptor.value } as PropertyDescriptor);
}
