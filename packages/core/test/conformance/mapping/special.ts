import {
  digamma,
  entr,
  erf,
  erfcx,
  expit,
  gammainc,
  gammaincc,
  i0,
  i0e,
  i1,
  i1e,
  lgamma,
  logNdtr,
  logit,
  mul,
  multigammaln,
  ndtri,
  polygamma,
  sinc,
  xlog1py,
  xlogy,
  zeta,
} from "../../../src/index.js";
import type { Mapping, Operation } from "./mapping.js";

// The order comes as the first argument of the recorded call; the operator's own name holds the one it was sampled for.
const nthPolygamma: Operation = (x, [n]) => polygamma(n, x);
const multivariate: Operation = (x, args, kwargs) => multigammaln(x, kwargs.p ?? args[0]);

export const specialMapping: Mapping = {
  digamma: (x) => digamma(x),
  "special.digamma": (x) => digamma(x),
  "special.psi": (x) => digamma(x),
  lgamma: (x) => lgamma(x),
  "special.gammaln": (x) => lgamma(x),
  ...Object.fromEntries([0, 1, 2, 3, 4].map((n) => [`polygamma.polygamma_n_${n}`, nthPolygamma])),
  "special.polygamma.special_polygamma_n_0": nthPolygamma,
  ...Object.fromEntries([1, 3, 5].map((p) => [`mvlgamma.mvlgamma_p_${p}`, multivariate])),
  i0: (x) => i0(x),
  "special.i0e": (x) => i0e(x),
  "special.i1": (x) => i1(x),
  "special.i1e": (x) => i1e(x),
  logit: (x, args, kwargs) => {
    const eps = kwargs.eps ?? args[0];
    return eps === undefined || eps === null ? logit(x) : logit(x, { eps });
  },
  sinc: (x) => sinc(x),
  xlogy: (x, [y]) => xlogy(x, y),
  "special.xlog1py": (x, [y]) => xlog1py(x, y),
  igamma: (a, [x]) => gammainc(a, x),
  igammac: (a, [x]) => gammaincc(a, x),
  "special.gammainc": (a, [x]) => gammainc(a, x),
  "special.gammaincc": (a, [x]) => gammaincc(a, x),
  "special.zeta": (x, [q]) => zeta(x, q),
  // As the recording library computes it: its lower tail is 1 + erf, which cancels. `ndtr` is held to mpmath in test/math.
  "special.ndtr": (x) => erf(mul(x, Math.SQRT1_2)).add(1).mul(0.5),
  "special.ndtri": (x) => ndtri(x),
  "special.log_ndtr": (x) => logNdtr(x),
  "special.erfcx": (x) => erfcx(x),
  "special.entr": (x) => entr(x),
  "special.expit": (x) => expit(x),
};
