"""Reference values of special functions of several arguments, and of those that are compositions: python3 special.py writes special.json.

{ function: [[arguments ..., value], ...] }, the value by mpmath with 50 digits, arguments exact in f32. `specials` are the values that SciPy gives at the ends of
the domains. Needs Debian's python3-mpmath, python3-numpy and python3-scipy.
"""

import json
import math
import random

import mpmath as m
import numpy as np
import scipy.special as sc
from mpmath import mp, mpf

mp.dps = 50
rng = random.Random(3)
f32 = lambda x: float(np.float32(x))
INF, NAN = float("inf"), float("nan")


def shapes(low, high, n):
    return [f32(10 ** rng.uniform(low, high)) for _ in range(n)]


def gamma_points():
    out = []
    for a in shapes(-3, 4, 120) + [1e-3, 1.0, 2.0, 10.0, 9.99, 1e4, 0.5] + [1e-8, 1e6]:
        a = f32(a)
        for _ in range(3):
            z = rng.uniform(-5, 6)
            x = a + z * math.sqrt(a) if a > 1 else a * 10 ** rng.uniform(-6, 1) if rng.random() < 0.5 else 10 ** rng.uniform(-10, 1)
            x = f32(x)
            if x > 0:
                out.append((a, x))
    out += [(0.001, f32(1e-30)), (5.0, f32(1e-5)), (5.0, 100.0), (5.0, 600.0), (200.0, 20.0), (200.0, 900.0), (0.25, 1.0), (1.0, 1.0), (3.0, 3.0)]
    return out


def beta_points():
    out = []
    for _ in range(150):
        a, b = shapes(-2, 3.5, 2)
        mean, sd = a / (a + b), math.sqrt(a * b / (a + b + 1)) / (a + b)
        x = f32(min(max(mean + rng.uniform(-4, 4) * sd, 1e-4 * mean), 1 - 2**-20)) if rng.random() < 0.7 else f32(rng.uniform(0.001, 0.999))
        out.append((a, b, x))
    return out + [(1.0, 1.0, 0.25), (0.5, 0.5, 0.5), (2.0, 3.0, f32(1e-20)), (5.0, 0.5, 0.9990234375), (1000.0, 2000.0, 0.34375)]


P = lambda a, x: m.gammainc(a, 0, x, regularized=True)
Q = lambda a, x: m.gammainc(a, x, regularized=True)
pdf = lambda a, x: m.exp((a - 1) * m.log(x) - x - m.loggamma(a))
gamma_tail = lambda a, x: Q(a, x) if x > a else 1 - P(a, x)


def d(f, a):
    # Relative step, so that tiny parameters stay positive.
    with mp.workdps(90):
        h = a * mpf(10) ** -20
        return (f(a + h) - f(a - h)) / (2 * h)


def beta_d(which):
    def g(a, b, x):
        # The smaller tail, chosen once: the difference of two values near 1 would have no digits.
        lower = x < a / (a + b)
        cdf = lambda a, b: m.betainc(a, b, 0, x, regularized=True) if lower else -m.betainc(b, a, 0, 1 - x, regularized=True)
        return d(lambda t: cdf(t, b), a) if which == 0 else d(lambda t: cdf(a, t), b)

    return g


def betaln(a, b):
    return m.loggamma(a) + m.loggamma(b) - m.loggamma(a + b)


def deep(f):
    def g(*x):
        with mp.workdps(120):
            return +f(*x)

    return g


gammas, betas = gamma_points(), beta_points()
moderate = [(a, x) for a, x in gammas if a <= 1e4]
# So large that mpmath's own series are slow: a quadrature, over where the density is not negligible.
huge = [(f32(a), f32(a + z * math.sqrt(a))) for a in (1.1e6, 3e7, 1e9, 1e12) for z in (-30, -8, -3, -1, 0.01, 1, 4, 9, 30)]
huge = [(a, x) for a, x in huge if a != x]


def huge_tail(a, x, side):
    s = m.sqrt(a)
    with mp.workdps(60):
        # Relative to the density at x: quad stops at an absolute error.
        log_density = lambda t: (a - 1) * m.log(t) - t - m.loggamma(a)
        top = log_density(x)
        f = lambda t: m.exp(log_density(t) - top)
        return m.quad(f, [x + side * k * s / (1 + abs(x - a) / s) for k in (0, 1, 2, 4, 7, 11, 16, 23, 32, 45, 60, 90)]) * side * m.exp(top)


huge_q = lambda a, x: huge_tail(a, x, 1) if x > a else 1 - huge_tail(a, x, -1)
huge_p = lambda a, x: 1 - huge_tail(a, x, 1) if x > a else huge_tail(a, x, -1)
reals = [f32(rng.uniform(-8, 8)) for _ in range(60)]
positive = shapes(-6, 6, 60)
unit = [f32(rng.uniform(0, 1)) for _ in range(60)] + [0.5, 0.25, f32(1e-30), f32(1e-8), 1 - 2**-24, f32(0.5000001)]
pairs = [tuple(shapes(-4, 6, 2)) for _ in range(80)] + [(1.0, 1.0), (10.0, 10.0), (9.5, 10.5), (1e6, 1e6), (f32(1e-20), 3.0), (f32(0.1), 1e6)]

GRID = {
    "gammainc": (lambda a, x: P(a, x) if x < a + 1 else 1 - Q(a, x), gammas),
    "gammaincc": (gamma_tail, gammas),
    "gammaincHuge": (huge_p, huge),
    "gammainccHuge": (huge_q, huge),
    "gammaSampleDerivativeHuge": (lambda a, x: (-1 if x < a else 1) * d(lambda t: huge_tail(t, x, -1 if x < a else 1), a) / pdf(a, x), huge),
    "gammaincDa": (lambda a, x: d(lambda t: P(t, x), a) if x < a + 1 else -d(lambda t: Q(t, x), a), moderate),
    "gammaSampleDerivative": (lambda a, x: (-d(lambda t: P(t, x), a) if x < a + 1 else d(lambda t: Q(t, x), a)) / pdf(a, x), moderate),
    "betainc": (lambda a, b, x: m.betainc(a, b, 0, x, regularized=True), betas),
    "betaincDa": (beta_d(0), betas),
    "betaincDb": (beta_d(1), betas),
    "betaln": (betaln, pairs),
    "beta": (lambda a, b: m.exp(betaln(a, b)), [p for p in pairs if max(p) < 50]),
    "zeta": (lambda s, q: m.zeta(s, q), [(f32(1 + 10 ** rng.uniform(-3, 1.3)), q) for q in shapes(-3, 4, 80)] + [(2.0, 1.0), (1.5, 1.0), (3.0, 0.5), (20.0, 1.0)]),
    "polygamma1": (lambda x: m.psi(1, x), [x for x in reals + positive if x > 0 or abs(x - round(x)) > 0.01]),
    "polygamma2": (lambda x: m.psi(2, x), positive + [x for x in reals if x > 0]),
    "polygamma3": (lambda x: m.psi(3, x), [x for x in reals + shapes(-4, 6, 40) if x > 0 or abs(x - round(x)) > 0.01]),
    "polygamma5": (lambda x: m.psi(5, x), shapes(-4, 4, 40)),
    "multigammaln3": (lambda x: m.log(m.pi) * 1.5 + m.loggamma(x) + m.loggamma(x - 0.5) + m.loggamma(x - 1), [f32(1 + x) for x in shapes(-1, 5, 40)]),
    "logit": (lambda p: m.log(p / (1 - p)) if p != 0.5 else mpf(0), unit),
    "log1mexp": (deep(lambda x: m.log(1 - m.exp(-x))), positive + [f32(math.log(2)), f32(80.0)]),
    "sinc": (deep(lambda x: m.sin(m.pi * x) / (m.pi * x)), [x for x in reals + shapes(-6, 4, 40) + [f32(3.0001), f32(100.001)] if x != 0]),
    "entr": (lambda x: -x * m.log(x), [x for x in positive if x != 1]),
    "xlogy": (lambda x, y: x * m.log(y), pairs),
    "xlog1py": (lambda x, y: x * m.log1p(y), pairs),
    "relEntr": (lambda x, y: x * m.log(x / y), pairs),
    "i0": (lambda x: m.besseli(0, x), reals + [f32(80.0), f32(1e-5)]),
    "i1": (lambda x: m.besseli(1, x), reals + [f32(80.0), f32(1e-5)]),
}

# The values of SciPy at the ends of the domains (without NaN beside 0 or infinity, where SciPy 1.10 answers 0 or 1 and we NaN).
ends = [0.0, 1.0, INF, -1.0]
SPECIALS = {
    "gammainc": (sc.gammainc, [(a, x) for a in ends for x in ends] + [(NAN, 1.0), (1.0, NAN)]),
    "gammaincc": (sc.gammaincc, [(a, x) for a in ends for x in ends] + [(NAN, 1.0), (1.0, NAN)]),
    "betainc": (sc.betainc, [(a, 2.0, x) for a in (1.0, -1.0) for x in (0.0, 1.0, 0.5, NAN)] + [(NAN, 2.0, 0.5)]),
    "logit": (sc.logit, [(x,) for x in (0.0, 1.0, -0.5, 1.5, 0.5, NAN)]),
    "xlogy": (sc.xlogy, [(x, y) for x in (0.0, 1.0, NAN) for y in (0.0, -1.0, INF, NAN, 1.0)]),
    "xlog1py": (sc.xlog1py, [(x, y) for x in (0.0, 1.0, NAN) for y in (-1.0, -2.0, INF, NAN, 0.0)]),
    "entr": (sc.entr, [(x,) for x in (0.0, 1.0, -1.0, INF, NAN)]),
    "relEntr": (sc.rel_entr, [(x, y) for x in (0.0, 1.0, -1.0) for y in (0.0, 1.0, -1.0)] + [(NAN, 1.0)]),
    "klDiv": (sc.kl_div, [(x, y) for x in (0.0, 1.0, -1.0) for y in (0.0, 1.0, 2.0, -1.0)] + [(NAN, 1.0)]),
    "zeta": (sc.zeta, [(1.0, 1.0), (0.5, 1.0), (2.0, 0.0), (2.0, -1.0), (NAN, 1.0), (2.0, NAN)]),
    "gammasgn": (lambda x: sc.gammasgn(x), [(x,) for x in (0.5, 3.0, -0.5, -1.5, -2.5)]),
    "sinc": (np.sinc, [(0.0,), (NAN,)]),
    "i0": (sc.i0, [(0.0,), (INF,), (-INF,), (NAN,)]),
    "i1": (sc.i1, [(0.0,), (INF,), (-INF,), (NAN,)]),
}


def number(x):
    x = float(x)
    return "NaN" if x != x else ("Infinity" if x > 0 else "-Infinity") if abs(x) == INF else int(x) if x == int(x) and abs(x) < 1e15 and math.copysign(1, x) > 0 else x


def rows(f, points):
    out = []
    for p in points:
        p = p if isinstance(p, tuple) else (p,)
        y = f(*[mpf(v) for v in p])
        out.append([number(v) for v in p] + [number(m.re(y))])
    return out


if __name__ == "__main__":
    import time

    table = {}
    for name, (f, points) in GRID.items():
        t = time.time()
        table[name] = rows(f, points)
        print(name, len(points), round(time.time() - t, 1))
    specials = {name: [[number(v) for v in p] + [number(f(*p))] for p in points] for name, (f, points) in SPECIALS.items()}
    with open("special.json", "w") as file:
        lines = lambda t: ",\n".join(f'"{k}": [\n' + ",\n".join(json.dumps(r) for r in v) + "\n]" for k, v in t.items())
        file.write('{\n"grid": {\n' + lines(table) + '\n},\n"specials": {\n' + lines(specials) + "\n}\n}\n")
