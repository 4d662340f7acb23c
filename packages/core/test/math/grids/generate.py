"""Reference values of the elementary and special functions: python3 generate.py [NAME...] writes one JSON file a function.

Arguments are exact floats; values come from mpmath with 60 digits. A row of f64 is [x, value, rest]: the value rounded to
double, and what rounding took away in units of 1/1000 ulp. A row of f32 is [x, value], the value a double, 29 bits wider than
needed. Functions of two arguments have both in front. Infinities and NaN are strings.
Needs Debian's python3-mpmath and python3-numpy.
"""

import json
import math
import random
import sys

import numpy as np
from mpmath import mp, mpf, mpmathify
import mpmath as m

mp.dps = 60
INF = float("inf")
NAN = float("nan")


def round_f32(x):
    with np.errstate(over="ignore"):
        return float(np.float32(x))


DTYPES = {
    "f32": {"round": round_f32, "bits": 24, "emin": -126, "emax": 127},
    "f64": {"round": float, "bits": 53, "emin": -1022, "emax": 1023},
}


def log_gamma(x):
    return m.log(abs(m.gamma(x))) if x < 0 else m.loggamma(x).real


def softplus(x):
    return x + m.log1p(m.exp(-x)) if x > 0 else m.log1p(m.exp(x))


def sigmoid(x):
    return m.exp(x) / (1 + m.exp(x)) if x < 0 else 1 / (1 + m.exp(-x))


def with_guard(f):
    """More digits where arguments near a multiple of pi or a zero cancel."""

    def g(*x):
        with mp.workdps(400):
            return +f(*x)

    return g


def erfcx(x):
    if x < 1e4:
        return m.exp(x * x) * m.erfc(x)
    return sum((-1) ** k * m.fac2(2 * k - 1) / (2 * x * x) ** k for k in range(12)) / (x * m.sqrt(m.pi))


def log_ndtr(x):
    if x > 0:
        return m.log1p(-m.erfc(x / m.sqrt(2)) / 2)
    return m.log(erfcx(-x / m.sqrt(2)) / 2) - x * x / 2


def ndtri(p):
    """Newton on log Phi; by symmetry from the lower half."""
    if p == 0.5:
        return mpf(0)
    if p > 0.5:
        return -ndtri(1 - p)
    l = m.log(p)
    y = -m.sqrt(-2 * l - m.log(max(-2 * l, 1) * 2 * m.pi)) if p < 0.02 else 2.5 * (p - 0.5)
    for _ in range(200):
        v = log_ndtr(y)
        step = (v - l) * m.exp(v + y * y / 2) * m.sqrt(2 * m.pi)
        y -= step
        if abs(step) < abs(y) * mpf(10) ** -50:
            break
    return y


def bessel_tail(n, x):
    x, s, term = abs(x), mpf(1), mpf(1)
    for k in range(1, 30):
        term *= -(4 * n * n - (2 * k - 1) ** 2) / (8 * k * x)
        s += term
    return s / m.sqrt(2 * m.pi * x)


# name: (function, special values {x: f(x)}, interesting points, (low, high) of a uniform range, extreme result points)
SPEC = {
    "exp": (m.exp, {INF: INF, -INF: 0.0}, [0, 709.7, 88.5, 88.7, -87.5, -103.9, -745.1, -708.5], (-20, 20)),
    "expm1": (m.expm1, {INF: INF, -INF: -1.0}, [0, 709.7, 88.5, -0.35, 0.35, 1.04, -40], (-3, 3)),
    "log": (m.log, {INF: INF, 0.0: -INF, -0.0: -INF, -1.0: NAN, -INF: NAN}, [1, 2, 0.5, 1.414213562, 0.70710678], (0, 4)),
    "log1p": (m.log1p, {INF: INF, -1.0: -INF, -1.5: NAN, -INF: NAN}, [0, -0.29289, 0.41421356, -0.999, 1], (-1, 3)),
    "sin": (with_guard(m.sin), {INF: NAN, -INF: NAN}, [0] + [k * math.pi / 4 for k in (1, 2, 3, 4, 5, 11, 22, 710, 1e4)], (-30, 30)),
    "cos": (with_guard(m.cos), {INF: NAN, -INF: NAN}, [0] + [k * math.pi / 4 for k in (1, 2, 3, 4, 5, 11, 22, 710, 1e4)], (-30, 30)),
    "tan": (with_guard(m.tan), {INF: NAN, -INF: NAN}, [0] + [k * math.pi / 4 for k in (1, 2, 3, 4, 5, 11, 22, 710, 1e4)], (-30, 30)),
    "asin": (m.asin, {INF: NAN, 1.5: NAN, -1.5: NAN}, [0, 0.5, 1, -1], (-1, 1)),
    "acos": (m.acos, {INF: NAN, 1.5: NAN, -1.5: NAN}, [0, 0.5, 1, -1, -0.5], (-1, 1)),
    "atan": (m.atan, {INF: math.pi / 2, -INF: -math.pi / 2}, [0, 0.5, 1, 2], (-4, 4)),
    "sinh": (m.sinh, {INF: INF, -INF: -INF}, [0, 1, 710.4, 89.3], (-20, 20)),
    "cosh": (m.cosh, {INF: INF, -INF: INF}, [0, 1, 710.4, 89.3], (-20, 20)),
    "tanh": (m.tanh, {INF: 1.0, -INF: -1.0}, [0, 0.55, 9, 19], (-10, 10)),
    "sigmoid": (sigmoid, {INF: 1.0, -INF: 0.0}, [0, -103.9, -87.5, -745.1, -708.5, 17, 37], (-20, 20)),
    "softplus": (softplus, {INF: INF, -INF: 0.0}, [0, -103.9, -87.5, -745.1, -708.5, 17, 37], (-20, 20)),
    "erf": (m.erf, {INF: 1.0, -INF: -1.0}, [0, 1, 3.9, 5.9], (-6, 6)),
    "erfc": (m.erfc, {INF: 0.0, -INF: 2.0}, [0, 0.5, 1, 9.1, 10, 26.5, 27.2], (-6, 12)),
    "erfinv": (None, {1.0: INF, -1.0: -INF, 1.5: NAN, INF: NAN}, [0, 0.75, 1, -1], (-1, 1)),
    "lgamma": (
        log_gamma,
        {INF: INF, -INF: INF, 0.0: INF, -0.0: INF, -1.0: INF, -7.0: INF, -1e30: INF},
        [1, 2, 0.5, 1.5, 2.5, 8.5, 4.5, 170.6, -0.5, -1.5, -3.3],
        (0, 12),
    ),
    "digamma": (
        m.digamma,
        {INF: INF, -INF: NAN, 0.0: NAN, -0.0: NAN, -1.0: NAN, -7.0: NAN},
        [1, 2, 3, 0.5, 1.4616321449683622, 4, 8, -0.75, -1.25, -3.3],
        (0, 12),
    ),
    "exp2": (lambda x: m.power(2, x), {INF: INF, -INF: 0.0}, [0, 1023.9, 127.9, 128, -126, -149, -1074, -1022, 0.5], (-30, 30)),
    "log2": (lambda x: m.log(x, 2), {INF: INF, 0.0: -INF, -0.0: -INF, -1.0: NAN, -INF: NAN}, [1, 2, 4, 8, 0.125, 1.414213562], (0, 4)),
    "log10": (m.log10, {INF: INF, 0.0: -INF, -0.0: -INF, -1.0: NAN, -INF: NAN}, [1, 10, 100, 1000, 1e10, 0.1], (0, 4)),
    "cbrt": (lambda x: m.sign(x) * m.cbrt(abs(x)), {INF: INF, -INF: -INF}, [0, 1, 8, 27, 1000, 0.125], (-30, 30)),
    "asinh": (m.asinh, {INF: INF, -INF: -INF}, [0, 0.5, 1, 2, 2.0**30, 2.0**60], (-4, 4)),
    "acosh": (m.acosh, {INF: INF, -INF: NAN, 0.5: NAN, 0.0: NAN, 1.0: 0.0}, [1, 1.5, 2, 2.0**30, 2.0**60], (1, 6)),
    "atanh": (m.atanh, {1.0: INF, -1.0: -INF, 1.5: NAN, INF: NAN, -INF: NAN}, [0, 0.3, 0.5, 1, -1], (-1, 1)),
    "gamma": (m.gamma, {INF: INF, -1.0: NAN, -7.0: NAN, -INF: NAN}, [1, 2, 0.5, 8.5, 4.5, 34.9, 171.5, -0.5, -1.5, -3.3, -30.5, -170.5], (0, 30)),
    "erfcx": (erfcx, {INF: 0.0, -INF: INF}, [0, 1, 3, 3.75, 10, -9.3, -26.6, -5], (-6, 12)),
    "ndtr": (lambda x: m.erfc(-x / m.sqrt(2)) / 2, {INF: 1.0, -INF: 0.0}, [0, -1, 1, -5, -13, -14.1, -37.5, -38.4, 5, 8.2], (-10, 6)),
    "logNdtr": (log_ndtr, {INF: -0.0, -INF: -INF}, [0, -1, 1, -5, -38, 5, 8.2, 37], (-10, 6)),
    "ndtri": (ndtri, {0.0: -INF, -0.0: -INF, 1.0: INF, -0.5: NAN, 1.5: NAN, INF: NAN, -INF: NAN}, [0.5, 0.125, 0.875, 1, 1e-8, 1e-16, 1e-17, 1e-30], (0, 1)),
    "i0e": (lambda x: m.exp(-abs(x)) * m.besseli(0, x) if abs(x) < 1e6 else bessel_tail(0, x), {INF: 0.0, -INF: 0.0}, [0, 1, 8, 30], (-10, 10)),
    "i1e": (lambda x: m.exp(-abs(x)) * m.besseli(1, x) if abs(x) < 1e6 else m.sign(x) * bessel_tail(1, x), {INF: 0.0, -INF: -0.0}, [0, 1, 8, 30], (-10, 10)),
    "log1pMinus": (lambda x: m.log1p(x) - x if abs(x) > 1e-150 else -x * x / 2, {0.0: -0.0, -0.0: -0.0, INF: -INF, -1.0: -INF, -1.5: NAN, -INF: NAN}, [0, -0.29289, 0.41421356, -0.999, 1], (-1, 3)),
    "pow": (m.power, None, None, None),
    "hypot": (m.hypot, None, None, None),
    "atan2": (m.atan2, None, None, None),
}


def erfinv(x):
    """Newton on erf or erfc from mpmath's double-precision start."""
    if x == 0:
        return mpf(0)
    a = abs(mpf(x))
    y = m.sqrt(-m.log((1 - a) * (1 + a))) if a > 0.7 else a * m.sqrt(m.pi) / 2
    for _ in range(100):
        f = m.erfc(y) - (1 - a) if a > 0.5 else a - m.erf(y)
        step = f * m.exp(y * y) * m.sqrt(m.pi) / 2
        y += step / (1 - y * step) if abs(step) < 0.5 else step
        if abs(step) < y * mpf(10) ** -50:
            break
    return y if x > 0 else -y


def number(x):
    if x != x:
        return "NaN"
    if x in (INF, -INF):
        return "Infinity" if x > 0 else "-Infinity"
    return int(x) if x == int(x) and abs(x) < 1e15 and math.copysign(1, x) > 0 else x


def row(dtype, f, x, special):
    """x is a tuple of floats; special a float or None."""
    facts = DTYPES[dtype]
    if special is not None:
        return [number(v) for v in x] + [number(special)] + ([0] if dtype == "f64" else [])
    y = f(*[mpf(v) for v in x])
    limit = (mpf(2) - mpf(2) ** -facts["bits"]) * mpf(2) ** facts["emax"]
    if abs(y) >= limit:
        value, rest = (INF if y > 0 else -INF), 0
    elif y == 0:
        value, rest = math.copysign(0.0, x[0]) if x[0] == 0 and f not in (m.acos,) else 0.0, 0
    else:
        value = float(y)
        e = max(int(m.floor(m.log(abs(y), 2))), facts["emin"])
        rest = int(m.nint((y - mpf(value)) / mpf(2) ** (e - facts["bits"] + 1) * 1000))
    return [number(v) for v in x] + [number(value)] + ([rest] if dtype == "f64" else [])


def arguments(dtype, name, points, span):
    facts = DTYPES[dtype]
    rng = random.Random(name + dtype)
    tiny = 2.0 ** (facts["emin"] - facts["bits"] + 1)
    xs = [0.0, -0.0, tiny, -tiny, 3 * tiny, 2.0 ** facts["emin"], -(2.0 ** facts["emin"]), 2.0 ** (facts["emin"] + 5)]
    xs += [2.0**facts["emax"], -(2.0 ** facts["emax"]), (2 - 2.0 ** (1 - facts["bits"])) * 2.0 ** facts["emax"]]
    for p in points:
        xs += [p, -p]
        for k in (1, 2, 5, facts["bits"] // 2, facts["bits"] - 2, facts["bits"]):
            xs += [p + 2.0**-k * rng.uniform(0.5, 1), p - 2.0**-k * rng.uniform(0.5, 1)]
    for _ in range(50):
        xs.append(rng.uniform(*span))
    for e in range(facts["emin"], facts["emax"] + 1, facts["emax"] // 10):
        xs.append(2.0**e * rng.uniform(1, 2) * rng.choice((1, -1)))
    for e in range(-30, 31):
        xs.append(2.0**e * rng.uniform(1, 2) * rng.choice((1, -1)))
    rounded = [facts["round"](x) for x in xs]
    if name in ("sin", "cos", "tan"):
        top = {"f32": 1e5, "f64": 1.6e9}[dtype] / (2 if name == "tan" else 1)
        near = [k * m.pi / 2 for k in (3, 7, 100, 1001, 20001, 31415)] + ([k * m.pi / 2 for k in (10**6 + 1, 10**8 + 1)] if dtype == "f64" else [])
        rounded = [x for x in rounded + [facts["round"](float(v)) for v in near] if abs(x) <= top]
    return rounded


def in_domain(name, x):
    if name in ("log", "log2", "log10"):
        return x > 0
    if name == "acosh":
        return x >= 1
    if name == "atanh":
        return abs(x) < 1
    if name in ("log1p", "log1pMinus"):
        return x > -1
    if name in ("asin", "acos"):
        return abs(x) <= 1
    if name == "erfinv":
        return abs(x) < 1
    if name == "ndtri":
        return 0 < x < 1
    if name == "gamma":
        return x > 0 or (x > -200 and x != int(x))
    if name in ("lgamma", "digamma"):
        # Reflection is held to an absolute bound: a few points away from zeros and poles are in `points`.
        return x > 0 or (x > -20 and x != int(x) and abs(x - round(x)) > 1e-3 and abs((log_gamma if name == "lgamma" else m.digamma)(mpf(x))) > 0.2)
    return True


def unary(name):
    f, specials, points, span = SPEC[name]
    f = f or erfinv
    table = {}
    for dtype in DTYPES:
        rows, seen = [], set()
        for x, y in list(specials.items()) + [(NAN, NAN)] + ([(0.0, INF), (-0.0, -INF)] if name == "gamma" else []):
            # A special value that is not exact (pi/2) has its rest computed.
            if name == "atan" and x == x:
                rows.append(row(dtype, lambda v: m.sign(v) * m.pi / 2, (x,), None))
            else:
                rows.append(row(dtype, f, (x,), y))
            seen.add((x, math.copysign(1, x)))
        for x in arguments(dtype, name, points, span):
            key = (x, math.copysign(1, x))
            if key in seen or abs(x) == INF or not in_domain(name, x):
                continue
            seen.add(key)
            with mp.workdps(60 if abs(x) > 1e-20 else 400):
                rows.append(row(dtype, f, (x,), None))
        table[dtype] = rows
    return table


def pow_special(x, y):
    """C's pow, the answers without a rounding."""
    if y == 0 or x == 1:
        return 1.0
    if x != x or y != y:
        return NAN
    odd = abs(y) < 2**60 and y == int(y) and int(y) % 2 == 1
    whole = abs(y) == INF or y == int(y)
    a = abs(x)
    if a == 0 or a == INF:
        r = 0.0 if (a == 0) == (y > 0) else INF
        return -r if odd and math.copysign(1, x) < 0 else r
    if abs(y) == INF:
        return 1.0 if a == 1 else (INF if (a > 1) == (y > 0) else 0.0)
    if x < 0 and not whole:
        return NAN
    return None


def atan2_special(y, x):
    if x != x or y != y:
        return NAN
    return None


def exact_pow(x, y):
    a = m.power(abs(x), y)
    return -a if x < 0 and int(y) % 2 == 1 else a


def exact_atan2(y, x):
    neg = math.copysign(1, float(y)) < 0
    a = float(abs(y)), float(x)
    s = -1 if neg else 1
    if a[0] == INF:
        t = m.pi / 2 if abs(a[1]) != INF else (m.pi / 4 if a[1] > 0 else 3 * m.pi / 4)
    elif abs(a[1]) == INF or a[0] == 0:
        t = mpf(0) if math.copysign(1, a[1]) > 0 else m.pi
    else:
        t = m.atan2(mpf(a[0]), mpf(a[1]))
    return s * t


def binary(name):
    table = {}
    for dtype, facts in DTYPES.items():
        rng = random.Random(name + dtype)
        r = facts["round"]
        big = r((2 - 2.0 ** (1 - facts["bits"])) * 2.0 ** facts["emax"])
        tiny = 2.0 ** (facts["emin"] - facts["bits"] + 1)
        values = [0.0, -0.0, 1.0, -1.0, 2.0, -3.0, 0.5, -1.5, INF, -INF, NAN, big, -big, tiny, -tiny]
        pairs = [(a, b) for a in values for b in values]
        limit = (facts["emax"] + 1) * math.log(2)
        for i in range(220):
            if name == "hypot":
                a = rng.uniform(-2, 2) * 2.0 ** rng.choice((0, 0, 10, -40, facts["emax"] - 2, facts["emax"] // 2, facts["emin"] // 2, facts["emin"]))
                b = a * rng.uniform(-2, 2) * 2.0 ** rng.choice((0, 0, 0, -3, -facts["bits"] // 2))
            elif name == "pow":
                kind = i % 4
                if kind == 0:
                    a = 2.0 ** rng.uniform(facts["emin"] - 20, facts["emax"])
                    b = rng.uniform(-1, 1) * limit / math.log(a)
                elif kind == 1:
                    a = 1 + rng.choice((1, -1)) * 2.0 ** -rng.randint(2, facts["bits"] - 3)
                    b = rng.uniform(-1, 1) * limit / math.log(a)
                elif kind == 2:
                    a, b = -rng.uniform(0, 10), rng.randint(-30, 30)
                else:
                    a, b = rng.uniform(0, 4), rng.uniform(-10, 10)
            else:
                a, b = rng.uniform(-2, 2), rng.uniform(-2, 2) * 2.0 ** rng.choice((0, 0, 0, 10, -10, 40, -40))
            pairs.append((r(a), r(b)))
        rows = []
        for a, b in pairs:
            if name == "hypot":
                infinite = INF in (abs(a), abs(b))
                rows.append(row(dtype, m.hypot, (a, b), INF if infinite else NAN if a != a or b != b else 0.0 if a == b == 0 else None))
            elif name == "pow":
                special = pow_special(a, b)
                if special is None and abs(b * math.log(abs(a))) > 3 * limit + 300:
                    s = -1.0 if a < 0 and abs(b) < 2**60 and int(b) % 2 == 1 else 1.0
                    special = s * (INF if b * math.log(abs(a)) > 0 else 0.0)
                rows.append(row(dtype, exact_pow, (a, b), special))
            else:
                special = atan2_special(a, b)
                if special is None and a == 0 and math.copysign(1, b) > 0 or special is None and abs(a) < INF and b == INF:
                    special = math.copysign(0.0, a)
                if special is None:
                    with mp.workdps(60):
                        y = exact_atan2(a, b)
                    rows.append(row(dtype, lambda *_: y, (a, b), None))
                else:
                    rows.append(row(dtype, None, (a, b), special))
        table[dtype] = rows
    return table


if __name__ == "__main__":
    for name in sys.argv[1:] or SPEC:
        table = binary(name) if name in ("pow", "atan2", "hypot") else unary(name)
        with open(f"{name}.json", "w") as file:
            body = ",\n".join(
                f'"{dtype}": [\n' + ",\n".join(json.dumps(r, separators=(", ", ": ")) for r in rows) + "\n]" for dtype, rows in table.items()
            )
            file.write("{\n" + body + "\n}\n")
