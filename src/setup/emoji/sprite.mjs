/** Many pictures of 32 × 32 pixels in one PNG, 48 in a row. */
import { crc32, deflateSync } from "node:zlib";

const SIDE = 32;
const COLUMNS = 48;

/** @param {Buffer[]} pictures RGBA of 32 × 32 each @returns {Buffer} */
export function encodeSprite(pictures) {
  const [width, height] = [SIDE * COLUMNS, SIDE * Math.ceil(pictures.length / COLUMNS)];
  // A row of a PNG begins with its filter; flat art is smallest with none.
  const rows = Buffer.alloc((4 * width + 1) * height);
  pictures.forEach((picture, i) => {
    const [top, left] = [SIDE * Math.floor(i / COLUMNS), SIDE * (i % COLUMNS)];
    for (let y = 0; y < SIDE; y++) {
      picture.copy(rows, (top + y) * (4 * width + 1) + 1 + 4 * left, 4 * SIDE * y, 4 * SIDE * (y + 1));
    }
  });
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 6, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const data = deflateSync(rows, { level: 9 });
  return Buffer.concat([signature, chunk("IHDR", header), chunk("IDAT", data), chunk("IEND", Buffer.alloc(0))]);
}

/** @param {string} type @param {Buffer} body */
function chunk(type, body) {
  const out = Buffer.alloc(body.length + 12);
  out.writeUInt32BE(body.length, 0);
  out.write(type, 4, "latin1");
  out.set(body, 8);
  out.writeUInt32BE(crc32(out.subarray(4, 8 + body.length)), 8 + body.length);
  return out;
}
