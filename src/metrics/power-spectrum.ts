/** The power of an image at each frequency. */

/** cos and sin of 2πjk/n, by j·k mod n. */
function waves(n: number): { cos: Float64Array; sin: Float64Array } {
  const angle = (i: number): number => (2 * Math.PI * i) / n;
  return {
    cos: Float64Array.from({ length: n }, (_, i) => Math.cos(angle(i))),
    sin: Float64Array.from({ length: n }, (_, i) => Math.sin(angle(i))),
  };
}

/** |F(u, v)|² of one channel, h×w, by a discrete Fourier transform of rows, then of columns. */
export function powerSpectrum(image: Float64Array, h: number, w: number): Float64Array {
  const [across, down] = [waves(w), waves(h)];
  const re = new Float64Array(h * w);
  const im = new Float64Array(h * w);
  for (let y = 0; y < h; y++) {
    for (let v = 0; v < w; v++) {
      for (let x = 0; x < w; x++) {
        re[y * w + v] += image[y * w + x] * across.cos[(x * v) % w];
        im[y * w + v] -= image[y * w + x] * across.sin[(x * v) % w];
      }
    }
  }
  const power = new Float64Array(h * w);
  for (let u = 0; u < h; u++) {
    for (let v = 0; v < w; v++) {
      let [real, imaginary] = [0, 0];
      for (let y = 0; y < h; y++) {
        const [c, s] = [down.cos[(y * u) % h], down.sin[(y * u) % h]];
        real += re[y * w + v] * c + im[y * w + v] * s;
        imaginary += im[y * w + v] * c - re[y * w + v] * s;
      }
      power[u * w + v] = real * real + imaginary * imaginary;
    }
  }
  return power;
}

/** Of n frequencies, the k-th as a share of the highest: 0 … 1. */
const relative = (k: number, n: number): number => (2 * Math.min(k, n - k)) / n;

/** r of each frequency: max(|u|, |v|) over the highest one, 0 … 1, h×w. */
export function heights(h: number, w: number): Float64Array {
  return Float64Array.from({ length: h * w }, (_, f) => Math.max(relative(Math.floor(f / w), h), relative(f % w, w)));
}
