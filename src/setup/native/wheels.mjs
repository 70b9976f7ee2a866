/**
 * Where the TensorFlow libraries come from: the official Python wheels ship libtensorflow_cc and its C headers.
 * The Python version in the tag does not matter, the libraries are the same; the checksum is of the one named here.
 */
import { SetupError } from "../support/errors.mjs";

export const TENSORFLOW_VERSION = "2.21.0";

/** @typedef {{ package: string, platform: string, sha256: string, bytes: number }} Wheel */

/** @type {Readonly<Record<string, Wheel>>} */
export const WHEELS = {
  "linux-x64": {
    package: "tensorflow-cpu",
    platform: "manylinux_2_27_x86_64",
    sha256: "2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c",
    bytes: 273_829_956,
  },
  "linux-arm64": {
    package: "tensorflow",
    platform: "manylinux_2_27_aarch64",
    sha256: "4b24aca16d527a3cf1c37f720c04c484c3d20f4d0fdfa98632ac8b9f3be6eb5c",
    bytes: 270_000_000,
  },
  "darwin-arm64": {
    package: "tensorflow",
    platform: "macosx_12_0_arm64",
    sha256: "51f46f4806139d01fc7920cc72a4c75876f80649bf40ff083ab6212ceb43ca88",
    bytes: 240_000_000,
  },
};

/** The C library of this system, by which wheels are built: glibc names itself in Node's report, musl does not. */
export function systemLibc() {
  if (process.platform !== "linux") return null;
  const report = /** @type {{ header?: { glibcVersionRuntime?: string } }} */ (process.report.getReport());
  return report.header?.glibcVersionRuntime ? "glibc" : "musl";
}

/** What this process runs on, as the table names it. */
export const machine = `${process.platform}-${process.arch}`;

/**
 * The wheel for a machine.
 *
 * @throws {SetupError} if none has been tested there
 */
export function requireWheel(name = machine, libc = systemLibc()) {
  const wheel = WHEELS[name];
  if (wheel !== undefined && libc !== "musl") return wheel;
  throw new SetupError(
    "native TensorFlow",
    `no TensorFlow library has been tested on ${name}${libc === "musl" ? " with musl" : ""}`,
    `Supported are ${Object.keys(WHEELS).join(", ")}, on Linux with glibc (Debian, Ubuntu, Fedora; not Alpine). ` +
      "On Windows use WSL (https://learn.microsoft.com/windows/wsl).",
  );
}

/**
 * The shared libraries as the wheel names them, by the names the addon links to.
 *
 * @returns {Record<string, string>}
 */
export function libraryNames(platform = process.platform) {
  return platform === "darwin"
    ? {
        "libtensorflow.dylib": "libtensorflow_cc.2.dylib",
        "libtensorflow_framework.dylib": "libtensorflow_framework.2.dylib",
      }
    : { "libtensorflow.so": "libtensorflow_cc.so.2", "libtensorflow_framework.so": "libtensorflow_framework.so.2" };
}

export const HEADERS = [
  "tensorflow/c/c_api.h",
  "tensorflow/c/c_api_macros.h",
  "tensorflow/c/tf_attrtype.h",
  "tensorflow/c/tf_buffer.h",
  "tensorflow/c/tf_datatype.h",
  "tensorflow/c/tf_status.h",
  "tensorflow/c/tf_tensor.h",
  "tensorflow/c/tf_tstring.h",
  "tensorflow/c/eager/c_api.h",
  "tensorflow/core/platform/ctstring.h",
  "tensorflow/core/platform/ctstring_internal.h",
  "tsl/platform/ctstring.h",
  "tsl/platform/ctstring_internal.h",
  "xla/tsl/c/tsl_status.h",
];
