import { AnalysisError } from "./errors";

/**
 * Quantile of the standard normal distribution: the z with P(Z <= z) = p.
 *
 * Source: Wichura (1988), "Algorithm AS 241: The Percentage Points of the Normal Distribution",
 * Applied Statistics 37(3), routine PPND16; relative accuracy about 1e-16.
 */
export function normalQuantile(p: number): number {
  requireProbability("p", p);
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q;
    return (q * polynomial(CENTRAL_TOP, r)) / polynomial(CENTRAL_BOTTOM, r);
  }
  const r = Math.sqrt(-Math.log(q < 0 ? p : 1 - p));
  const z =
    r <= 5
      ? polynomial(MIDDLE_TOP, r - 1.6) / polynomial(MIDDLE_BOTTOM, r - 1.6)
      : polynomial(TAIL_TOP, r - 5) / polynomial(TAIL_BOTTOM, r - 5);
  return q < 0 ? -z : z;
}

/**
 * Probability of a value of Student's t at least as far from 0 as `t`, on both sides.
 * P(|T| >= |t|) = I_x(df / 2, 1 / 2) with x = df / (df + t²): DLMF 8.17 and Abramowitz & Stegun 26.7.
 */
export function studentTTwoSided(t: number, df: number): number {
  requireDegreesOfFreedom(df);
  return incompleteBeta(df / (df + t * t), df / 2, 0.5);
}

/**
 * Quantile of Student's t with `df` degrees of freedom (a fraction is fine): the t with P(T <= t) = p.
 * Found by bisection on {@link studentTTwoSided}, so it is as accurate: relative error below 1e-9.
 */
export function studentTQuantile(p: number, df: number): number {
  requireProbability("p", p);
  requireDegreesOfFreedom(df);
  if (p === 0.5) return 0;
  const magnitude = upperQuantile(2 * Math.min(p, 1 - p), df);
  return p < 0.5 ? -magnitude : magnitude;
}

/** Charts and tables ask for the same few again and again. */
const upperQuantiles = new Map<string, number>();

/** The t > 0 with P(|T| > t) = outside. */
function upperQuantile(outside: number, df: number): number {
  const key = `${outside} ${df}`;
  const known = upperQuantiles.get(key);
  if (known !== undefined) return known;
  let high = 1;
  while (studentTTwoSided(high, df) > outside) high *= 2;
  let low = high === 1 ? 0 : high / 2;
  for (;;) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) break;
    if (studentTTwoSided(middle, df) > outside) low = middle;
    else high = middle;
  }
  upperQuantiles.set(key, high);
  return high;
}

/**
 * Distribution function of the standard normal distribution: P(Z <= z).
 *
 * Source: Marsaglia (2004), "Evaluating the normal distribution", Journal of Statistical Software 11(4): the Taylor series
 * around 0; absolute error below 1e-14.
 */
export function normalCdf(z: number): number {
  if (Math.abs(z) > 8) return z < 0 ? 0 : 1;
  let sum = z;
  for (let term = z, before = 0, k = 3; sum !== before; k += 2) {
    before = sum;
    term *= (z * z) / k;
    sum += term;
  }
  return 0.5 + (sum * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI);
}

/** P(X = k) for X binomial over n trials with success probability p. */
export function binomialChance(k: number, n: number, p: number): number {
  if (p === 0 || p === 1) return Number(k === n * p);
  const ways = logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1);
  return Math.exp(ways + k * Math.log(p) + (n - k) * Math.log1p(-p));
}

/** P(X <= k) for X binomial over n trials with success probability p. */
export function binomialCdf(k: number, n: number, p: number): number {
  if (k < 0) return 0;
  return k >= n ? 1 : betaCdf(1 - p, n - k, k + 1);
}

/**
 * Distribution function at x of a beta distribution. Its ends are the limits: with a = 0 all of it lies at 0, with b = 0 at 1.
 * P(X >= k) for X binomial over n trials is betaCdf(p, k, n - k + 1), which fractions of k and n interpolate.
 */
export function betaCdf(x: number, a: number, b: number): number {
  if (a <= 0) return x < 0 ? 0 : 1;
  if (b <= 0) return x < 1 ? 0 : 1;
  return incompleteBeta(x, a, b);
}

/**
 * Regularized incomplete beta function I_x(a, b), by the continued fraction DLMF 8.17.22 with
 * Lentz's method; the symmetry I_x(a, b) = 1 - I_{1-x}(b, a) keeps x where it converges fast.
 */
function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const logFront =
    logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x);
  const tiny = 1e-300;
  let c = 1;
  let d = 1 / nonZero(1 - ((a + b) * x) / (a + 1), tiny);
  let fraction = d;
  for (let m = 1; m <= 10_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / nonZero(1 + even * d, tiny);
    c = nonZero(1 + even / c, tiny);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / nonZero(1 + odd * d, tiny);
    c = nonZero(1 + odd / c, tiny);
    const change = d * c;
    fraction *= change;
    if (Math.abs(change - 1) < 4e-16) break;
  }
  return (Math.exp(logFront) * fraction) / a;
}

/** Natural logarithm of the gamma function for x > 0: Lanczos (1964), g = 7, nine terms. */
export function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const y = x - 1;
  const t = y + 7.5;
  let series = LANCZOS[0]!;
  for (let i = 1; i < LANCZOS.length; i++) series += LANCZOS[i]! / (y + i);
  return 0.5 * Math.log(2 * Math.PI) + (y + 0.5) * Math.log(t) - t + Math.log(series);
}

function nonZero(value: number, tiny: number): number {
  return Math.abs(value) < tiny ? tiny : value;
}

/** Coefficients from the constant term upwards. */
function polynomial(coefficients: readonly number[], x: number): number {
  return coefficients.reduceRight((sum, coefficient) => sum * x + coefficient, 0);
}

function requireProbability(name: string, p: number): void {
  if (!(p > 0 && p < 1)) {
    throw new AnalysisError(`${name} must be a probability strictly between 0 and 1, not ${p}`);
  }
}

function requireDegreesOfFreedom(df: number): void {
  if (!(df > 0 && Number.isFinite(df))) {
    throw new AnalysisError(`degrees of freedom must be positive and finite, not ${df}`);
  }
}

const LANCZOS = [
  0.9999999999998099, 676.5203681218851, -1259.1392167224028, 771.3234287776531, -176.6150291621406,
  12.507343278686905, -0.13857109526572012, 0.000009984369578019572, 1.5056327351493116e-7,
];

const CENTRAL_TOP = [
  3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946, 45921.95393154987,
  67265.7709270087, 33430.57558358813, 2509.0809287301227,
];
const CENTRAL_BOTTOM = [
  1, 42.31333070160091, 687.1870074920579, 5394.196021424751, 21213.794301586597, 39307.89580009271,
  28729.085735721943, 5226.495278852546,
];
const MIDDLE_TOP = [
  1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045, 1.2704582524523684,
  0.2417807251774506, 0.022723844989269184, 0.0007745450142783414,
];
const MIDDLE_BOTTOM = [
  1, 2.053191626637759, 1.6763848301838038, 0.6897673349851, 0.14810397642748008,
  0.015198666563616457, 0.0005475938084995345, 1.0507500716444169e-9,
];
const TAIL_TOP = [
  6.657904643501103, 5.463784911164114, 1.7848265399172913, 0.29656057182850487,
  0.026532189526576124, 0.0012426609473880784, 0.000027115555687434876, 2.0103343992922881e-7,
];
const TAIL_BOTTOM = [
  1, 0.599832206555888, 0.1369298809227358, 0.014875361290850615, 0.0007868691311456133,
  0.000018463183175100548, 1.421511758316446e-7, 2.0442631033899397e-15,
];
