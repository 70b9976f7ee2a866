/** A download ends with the right bytes or leaves no file, whatever server and disk do. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { lstat, mkdir, mkdtemp, readFile, readdir, realpath, rm, rmdir, symlink, writeFile } from "node:fs/promises";
import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import {
  DownloadError,
  type DownloadProgress,
  datasetDirectory,
  download,
  fetchDataset,
} from "../../../src/data/index.js";
import { RandomStream } from "../../../src/random/index.js";

const CONTENT = Buffer.from(new RandomStream(1, "download").integers(300_000, 0, 256));
const SHA256 = createHash("sha256").update(CONTENT).digest("hex");

let folder: string;
let server: Server;
let base: string;
let requests: { url: string; range: string | undefined }[];
let answer: (request: IncomingMessage, response: ServerResponse) => void;

/** Serves CONTENT, honouring Range. */
function serve(request: IncomingMessage, response: ServerResponse, cutAfter = Infinity): void {
  const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
  const body = CONTENT.subarray(start);
  const headers: Record<string, string | number> = { "content-length": body.length };
  if (start > 0) headers["content-range"] = `bytes ${start}-${CONTENT.length - 1}/${CONTENT.length}`;
  response.writeHead(start > 0 ? 206 : 200, headers);
  if (body.length > cutAfter) {
    response.write(body.subarray(0, cutAfter), () => setTimeout(() => response.destroy(), 20));
  } else {
    response.end(body);
  }
}

const offsetOf = ({ range }: { range: string | undefined }): number =>
  range === undefined ? 0 : Number(/^bytes=(\d+)-$/.exec(range)?.[1]);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "download-"));
  requests = [];
  answer = serve;
  server = createServer((request, response) => {
    requests.push({ url: request.url ?? "", range: request.headers.range });
    answer(request, response);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
  await rm(folder, { recursive: true });
});

const target = (): string => join(folder, "set", "file.bin");
const job = (): Parameters<typeof download>[0] => ({
  urls: [`${base}file.bin`],
  path: target(),
  bytes: CONTENT.length,
  sha256: SHA256,
});

async function failure(promise: Promise<unknown>): Promise<DownloadError> {
  const error = await promise.then(
    () => assert.fail("the download should have failed"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof DownloadError, String(error));
  return error;
}

describe("download", () => {
  test("gives the file its name when all bytes are right, and asks no second time", async () => {
    const progress: DownloadProgress[] = [];
    await download({ ...job(), onProgress: (p) => progress.push(p) });
    assert.ok((await readFile(target())).equals(CONTENT));
    assert.deepEqual(await readdir(join(folder, "set")), ["file.bin"]);
    assert.equal(progress[0].receivedBytes, 0);
    assert.equal(progress.at(-1)?.receivedBytes, CONTENT.length);
    assert.ok(progress.every((p, i) => i === 0 || p.receivedBytes > progress[i - 1].receivedBytes));
    assert.ok(progress.every((p) => p.totalBytes === CONTENT.length && p.file === target()));
    await download(job());
    assert.equal(requests.length, 1);
  });

  test("resumes by Range when the connection is cut", async () => {
    answer = (request, response) => serve(request, response, requests.length < 3 ? 100_000 : Infinity);
    await download(job());
    assert.ok((await readFile(target())).equals(CONTENT));
    // A client may lose bytes that were in flight when the connection broke, so the offsets have upper bounds.
    const offsets = requests.map(offsetOf);
    assert.equal(offsets[0], 0);
    assert.ok(offsets[1] > 0 && offsets[1] <= 100_000 && offsets[2] > offsets[1], offsets.join());
  });

  test("trouble with the disk is told as such, at once", async () => {
    answer = serve;
    await mkdir(`${target()}.partial`, { recursive: true });
    const error = await failure(download(job()));
    assert.match(error.message, /EISDIR[^]*file\.bin\.partial cannot be written: make room, or name another folder/);
    assert.ok(requests.length <= 1);
    await rmdir(`${target()}.partial`);
  });

  test("resumes in a later call what an earlier one left", async () => {
    answer = (request, response) => serve(request, response, 70_000);
    const error = await failure(download({ ...job(), retries: 0 }));
    assert.match(error.message, /No server could be reached for long enough: is there a network\?/);
    assert.deepEqual(await readdir(join(folder, "set")), ["file.bin.partial"]);
    const left = (await readFile(`${target()}.partial`)).length;
    assert.ok(left > 0 && left <= 70_000);
    answer = serve;
    await download(job());
    assert.equal(offsetOf(requests[1]), left);
    assert.ok((await readFile(target())).equals(CONTENT));
  });

  test("starts afresh where the server knows no Range", async () => {
    answer = (_request, response) => {
      if (requests.length === 1) {
        response.writeHead(200);
        response.write(CONTENT.subarray(0, 50_000), () => setTimeout(() => response.destroy(), 20));
      } else {
        response.writeHead(200).end(CONTENT);
      }
    };
    await download(job());
    assert.ok(offsetOf(requests[1]) > 0);
    assert.ok((await readFile(target())).equals(CONTENT));
  });

  test("refuses a server that resumes elsewhere than asked", async () => {
    await download(job());
    await rm(target());
    await writeFile(`${target()}.partial`, CONTENT.subarray(0, 1000));
    answer = (_request, response) => {
      response.writeHead(206, { "content-range": "bytes 999-299999/300000" }).end(CONTENT.subarray(999));
    };
    const error = await failure(download(job()));
    assert.match(error.message, /asked for bytes from 1000, got "bytes 999-/);
  });

  test("refuses wrong bytes: nothing gets the name, nothing is left", async () => {
    const wrong = Buffer.from(CONTENT);
    wrong[12345] ^= 1;
    answer = (_request, response) => response.writeHead(200).end(wrong);
    const error = await failure(download(job()));
    const actual = createHash("sha256").update(wrong).digest("hex");
    assert.match(error.message, new RegExp(`SHA-256 is ${actual}, expected ${SHA256}`));
    assert.match(error.message, /servers answered, but not with this file/);
    assert.deepEqual(await readdir(join(folder, "set")), []);
    assert.equal(requests.length, 1);
  });

  test("downloads the whole again when the part left behind was bad", async () => {
    await download(job());
    await rm(target());
    await writeFile(`${target()}.partial`, Buffer.alloc(1000, 1));
    await download(job());
    assert.ok((await readFile(target())).equals(CONTENT));
    assert.deepEqual(
      requests.slice(1).map((r) => r.range),
      ["bytes=1000-", undefined],
    );
  });

  test("replaces a damaged file that has the name", async () => {
    await download(job());
    const damaged = Buffer.from(CONTENT);
    damaged[0] ^= 1;
    await writeFile(target(), damaged);
    await download(job());
    assert.ok((await readFile(target())).equals(CONTENT));
  });

  test("stops at a server that gives more than expected", async () => {
    answer = (_request, response) => response.writeHead(200).end(Buffer.concat([CONTENT, CONTENT]));
    const error = await failure(download(job()));
    assert.match(error.message, /gives more than the 300000 bytes expected/);
  });

  test("goes on to the next mirror after 404, and names both when all fail", async () => {
    answer = (request, response) => {
      if (request.url === "/file.bin") response.writeHead(404).end("no such thing");
      else serve(request, response);
    };
    const error = await failure(download(job()));
    assert.match(error.message, /file\.bin: HTTP 404 Not Found/);
    assert.equal(requests.length, 1, "a 404 is not asked again");
    await download({ ...job(), urls: [`${base}file.bin`, `${base}mirror/file.bin`] });
    assert.ok((await readFile(target())).equals(CONTENT));
  });

  test("says so when there is no network", async () => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
    const error = await failure(download(job()));
    assert.match(error.message, /is there a network\?/);
    assert.match(error.message, /put the file there by hand/);
    assert.match(error.message, new RegExp(SHA256));
    assert.match(error.message, /ECONNREFUSED/);
    assert.equal(error.attempts.length, 1, "an address that gives nothing is not asked again");
    server.listen(0);
  });

  test("names a web page in the place of the file, and keeps nothing of it", async () => {
    const page = "<!DOCTYPE html><html><title>Sign in to the network</title></html>";
    answer = (_request, response) => response.writeHead(200).end(page);
    const error = await failure(download(job()));
    assert.match(error.message, /file\.bin: gives a web page \(HTML\) and not the file: .*sign in first/);
    assert.match(error.message, /The servers answered, but not with this file/);
    assert.equal(requests.length, 1, "a page is not asked for again");
    answer = (_request, response) => response.writeHead(200).end(page.repeat(CONTENT.length));
    assert.match((await failure(download(job()))).message, /gives a web page \(HTML\)/);
    answer = serve;
    await download(job());
    assert.ok((await readFile(target())).equals(CONTENT));
  });

  test("does not write through a link that lies in wait under the partial file's name", async () => {
    await mkdir(join(folder, "set"));
    const victim = join(folder, "victim");
    for (const [content, there] of [
      ["precious", true],
      ["", false],
    ] as const) {
      if (there) await writeFile(victim, content);
      else await rm(victim);
      await rm(target(), { force: true });
      await symlink(victim, `${target()}.partial`);
      await download(job());
      assert.ok((await readFile(target())).equals(CONTENT));
      assert.ok(!(await lstat(target())).isSymbolicLink());
      assert.equal(await readFile(victim, "utf8").catch(() => ""), content);
    }
  });

  test("gives up on a connection that goes silent", async () => {
    answer = (_request, response) => {
      response.writeHead(200);
      response.write(CONTENT.subarray(0, 1000));
    };
    const error = await failure(download({ ...job(), retries: 0, stallMilliseconds: 100 }));
    assert.match(error.message, /nothing came for 0\.1 s/);
    const signal = new AbortController().signal;
    const watched = await failure(download({ ...job(), signal, retries: 0, stallMilliseconds: 100 }));
    assert.match(watched.message, /nothing came for 0\.1 s/);
  });

  test("stops when aborted, with the signal's reason, and keeps the part", async () => {
    const abort = new AbortController();
    answer = (_request, response) => {
      response.writeHead(200);
      response.write(CONTENT.subarray(0, 1000));
    };
    const onProgress = ({ receivedBytes }: DownloadProgress): void => {
      if (receivedBytes === 1000) abort.abort(new Error("enough"));
    };
    await assert.rejects(download({ ...job(), signal: abort.signal, onProgress }), /enough/);
    assert.equal((await readFile(`${target()}.partial`)).length, 1000);
    await assert.rejects(download({ ...job(), signal: AbortSignal.abort(new Error("before")) }), /before/);
    assert.equal(requests.length, 1);
  });

  test("refuses a malformed request", async () => {
    await assert.rejects(download({ ...job(), bytes: 0 }), RangeError);
    await assert.rejects(download({ ...job(), sha256: SHA256.toUpperCase() }), /64 lower-case hex/);
  });
});

describe("fetchDataset", () => {
  test("asks the mirror for each file in the set's folder and refuses what is not MNIST", async () => {
    answer = (_request, response) => response.writeHead(200).end(Buffer.alloc(9912422));
    const error = await failure(fetchDataset("mnist", { directory: folder, mirrors: [base] }));
    assert.equal(requests[0].url, "/train-images-idx3-ubyte.gz");
    assert.match(error.message, /expected 440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609/);
    assert.deepEqual(await readdir(join(folder, "mnist")), []);
  });

  test("without a network says what works without one", async () => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
    const error = await failure(fetchDataset("fashion-mnist", { directory: folder, mirrors: [base] }));
    assert.match(error.message, /is there a network\?.*loadDigits\(\{ split: "train" \}\) gives 9000 real digits/s);
    server.listen(0);
  });

  test("by default data lies in the cache of the nearest datasets folder", async () => {
    const home = process.cwd();
    const real = await realpath(folder);
    try {
      await mkdir(join(real, "course", "datasets"), { recursive: true });
      await mkdir(join(real, "course", "notebooks", "deep"), { recursive: true });
      process.chdir(join(real, "course", "notebooks", "deep"));
      assert.equal(datasetDirectory(), join(real, "course", "datasets", "cache"));
      process.chdir(real);
      assert.equal(datasetDirectory(), join(real, "datasets", "cache"));
    } finally {
      process.chdir(home);
    }
  });

  test("refuses an unknown name", async () => {
    await assert.rejects(fetchDataset("cifar" as "mnist"), /"cifar" is unknown; known are mnist, fashion-mnist/);
    await assert.rejects(fetchDataset("toString" as "mnist"), RangeError);
  });
});
