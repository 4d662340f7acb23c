"""Reference values of the public elementwise operations that are no functions of kernel/math themselves: python3 operations.py writes operations.json.

{ operation: { dtype: rows } }, rows as in generate.py: [arguments ..., value] and in f64 the rest in 1/1000 ulp. The values are those of the definitions by mpmath
(remainders by exact fractions); at infinities and zeros they are the limits, or what IEEE arithmetic makes of the definition where JAX does the same.
Needs Debian's python3-mpmath, python3-numpy and python3-scipy.
"""

import json
import math
import random
from fractions import Fraction

import mpmath as m
import scipy.special as sc
from mpmath import mp, mpf

from generate import DTYPES, INF, NAN, number, row, sigmoid, softplus

mp.dps = 60
SQRT2 = m.sqrt(2)
ALPHA, SCALE = mpf("1.6732632423543772848170429916717"), mpf("1.0507009873554804934193349852946")
normal_cdf = lambda x: m.erfc(-x / SQRT2) / 2
relu6 = lambda x: min(max(x, mpf(0)), mpf(6))
elu = lambda x: x if x > 0 else m.expm1(x)


def deep(f):
    def g(*x):
        with mp.workdps(800):
            return +f(*x)

    return g


def erfcinv(x):
    """Newton on log erfc; by symmetry from x <= 1."""
    if x == 1:
        return mpf(0)
    if x > 1:
        return -erfcinv(2 - x)
    if 1 - x < 1e-10:
        return (1 - x) * m.sqrt(m.pi) / 2 * (1 + m.pi * (1 - x) ** 2 / 12)
    l = m.log(x)
    y = m.sqrt(-l) if x < 0.1 else (1 - x) * m.sqrt(m.pi) / 2
    for _ in range(200):
        e = m.erfc(y)
        step = (m.log(e) - l) * e * m.exp(y * y) * m.sqrt(m.pi) / 2
        y += step
        if abs(step) < abs(y) * mpf(10) ** -50:
            break
    return y


SAME = {INF: INF, -INF: -INF}
GATED = {INF: INF, -INF: NAN}  # x times a gate that is 0, as in JAX
HARD_GATED = {INF: INF, -INF: NAN}
# name: (function, {x: value at x}, domain, interesting points)
UNARY = {
    "reciprocal": (lambda x: 1 / x, {INF: 0.0, -INF: -0.0, "0": INF, "-0": -INF}, None, [1, 3, -7]),
    "rsqrt": (lambda x: 1 / m.sqrt(x), {INF: 0.0, -INF: NAN, "0": INF, "-0": -INF, -1.0: NAN}, lambda x: x > 0, [1, 2, 4, 0.75]),
    "sqrt": (m.sqrt, {INF: INF, -INF: NAN, "0": 0.0, "-0": -0.0, -1.0: NAN}, lambda x: x > 0, [1, 2, 4, 0.75]),
    "square": (lambda x: x * x, {INF: INF, -INF: INF, -0.0: 0.0}, None, [3, -1.1]),
    "deg2rad": (lambda x: x * m.pi / 180, SAME, None, [45, 90, 180, 360]),
    "rad2deg": (lambda x: x * 180 / m.pi, SAME, None, [0.1, 1, math.pi]),
    "frac": (lambda x: x - int(x) if abs(x) < 2**60 else mpf(0), {INF: NAN, -INF: NAN}, lambda x: x != int(x) or x == 0, [0.5, 1.5, -2.75]),
    "cubed": (lambda x: x**3, SAME, None, [3, 0.1]),
    "eighth": (lambda x: x**8, {INF: INF, -INF: INF, -0.0: 0.0}, None, [3, 0.1]),
    "inverseCubed": (lambda x: 1 / x**3, {INF: 0.0, -INF: -0.0, "0": INF, "-0": -INF}, lambda x: abs(x) > 1e-12 and abs(x) < 1e12, [3, 0.1]),
    "expit": (sigmoid, {INF: 1.0, -INF: 0.0, "0": 0.5, "-0": 0.5}, None, [-87.5, -103, -708.5, -745]),
    "logit": (lambda p: m.log(p) - m.log1p(-p), {"0": -INF, "-0": -INF, 1.0: INF, INF: NAN, -INF: NAN, -0.5: NAN, 1.5: NAN, 0.5: 0.0}, lambda p: 0 < p < 1, [0.5, 0.25, 0.75, 0.1, 1]),
    "erfcinv": (erfcinv, {"0": INF, "-0": INF, 2.0: -INF, INF: NAN, -INF: NAN, -0.5: NAN, 2.5: NAN, 1.0: 0.0}, lambda x: 3e-38 < x < 2, [1, 0.25, 1.75, 1e-3, 1e-8, 1e-20, 1e-36, 0.125, 2]),
    "log1mexp": (deep(lambda x: m.log(-m.expm1(-x))), {"0": -INF, "-0": -INF, INF: -0.0, -INF: NAN, -1.0: NAN}, lambda x: x > 0, [math.log(2), 87.5, 708.5, 17, 37]),
    "sinc": (deep(lambda x: m.sin(m.pi * x) / (m.pi * x)), {"0": 1.0, "-0": 1.0, INF: 0.0, -INF: 0.0}, lambda x: x != int(x), [0.25, -0.25, 0.5, 1, 2, 3, 1000]),
    "entr": (lambda x: -x * m.log(x), {"0": 0.0, "-0": 0.0, INF: -INF, -INF: -INF, -1.0: -INF, 1.0: 0.0}, lambda x: x > 0, [1, math.exp(-1)]),
    "softSign": (lambda x: x / (1 + abs(x)), {INF: NAN, -INF: NAN}, None, [1]),
    "relu": (lambda x: max(x, mpf(0)), {INF: INF, -INF: 0.0, -0.0: 0.0}, None, []),
    "relu6": (relu6, {INF: 6.0, -INF: 0.0, -0.0: 0.0}, None, [6]),
    "hardTanh": (lambda x: min(max(x, mpf(-1)), mpf(1)), {INF: 1.0, -INF: -1.0}, None, [1, -1]),
    "hardSigmoid": (lambda x: relu6(x + 3) / 6, {INF: 1.0, -INF: 0.0, "0": 0.5, "-0": 0.5}, None, [3, -3]),
    "hardSilu": (lambda x: x * relu6(x + 3) / 6, HARD_GATED, lambda x: x > -3, [3, -3]),
    "leakyRelu": (lambda x: x if x > 0 else x / 100, SAME, None, [-1]),
    "elu": (elu, {INF: INF, -INF: -1.0}, None, [-1e-3, -0.35, -17, -37]),
    "celu": (elu, {INF: INF, -INF: -1.0}, None, [-1e-3, -0.35, -17, -37]),
    "celu2": (lambda x: x if x > 0 else 2 * m.expm1(x / 2), {INF: INF, -INF: -2.0}, None, [-1e-3, -0.35, -17, -37]),
    "selu": (lambda x: SCALE * (x if x > 0 else ALPHA * m.expm1(x)), {INF: INF}, None, [-1e-3, -0.35, -17, -37]),
    "softplus2": (lambda x: softplus(2 * x) / 2, {INF: INF, -INF: 0.0}, lambda x: x < 1e38, [-43.7, -354.1, 8, 18]),
    "logSigmoid": (lambda x: -softplus(-x), {INF: -0.0, -INF: -INF}, None, [87.5, 103.9, 708.5, 745.1, -17]),
    "silu": (lambda x: x * sigmoid(x), GATED, lambda x: x > -700, [-87.5, -20, -1.2784645]),
    "mish": (lambda x: x * m.tanh(softplus(x)), GATED, lambda x: x > -700, [-87.5, -80, -20, -1.1924, 17]),
    "gelu": (lambda x: x * normal_cdf(x), GATED, lambda x: x > -37.5, [-0.75, -3, -5, -8.3, -12.5, -13, -20, -37, 5, 8]),
    "geluTanh": (lambda x: x * sigmoid(2 * m.sqrt(2 / m.pi) * (x + mpf("0.044715") * x**3)), GATED, lambda x: x > -20, [-0.75, -3, -5, -8.3, -10, -15, 5, 8]),
    "squareplus": (lambda x: (x + m.sqrt(x * x + 4)) / 2 if x > -1e15 else 1 / -x, {}, lambda x: abs(x) < 1e18, [1, -1, -100, -1e4, -1e6, -1e9]),
    "tanhShrink": (deep(lambda x: x - m.tanh(x)), SAME, None, [0.1, 0.55, 1e-3, 9]),
    "hardShrink": (lambda x: x if abs(x) > 0.5 else mpf(0), {**SAME, -0.0: 0.0}, None, [0.5, -0.5]),
    "softShrink": (lambda x: m.sign(x) * max(abs(x) - 0.5, mpf(0)), SAME, None, [0.5, -0.5, 0.6]),
    "threshold": (lambda x: x if x > 1 else mpf(7), {INF: INF, -INF: 7.0}, None, [1]),
}


def unary_points(facts, name, points):
    rng = random.Random(name)
    bits, emin, emax = facts["bits"], facts["emin"], facts["emax"]
    tiny = 2.0 ** (emin - bits + 1)
    xs = [0.0, -0.0, tiny, -tiny, 5 * tiny, -5 * tiny, 2.0**emin, -(2.0**emin), 1.75 * 2.0 ** (emin - 3), (2 - 2.0 ** (1 - bits)) * 2.0**emax, -(2 - 2.0 ** (1 - bits)) * 2.0**emax]
    for p in points:
        xs += [p] + [p + s * 2.0**-k * rng.uniform(0.5, 1) for s, k in ((1, 3), (-1, 3), (1, bits // 2), (-1, bits - 3))]
    xs += [2.0**e * rng.uniform(1, 2) * s for e in range(-28, 28, 7) for s in (1, -1)]
    xs += [2.0**e * rng.uniform(1, 2) for e in range(emin, emax, emax // 3)]
    xs += [rng.uniform(-4, 4) for _ in range(6)] + [rng.uniform(-20, 20) for _ in range(4)] + [rng.uniform(0, 1) for _ in range(2)]
    return [facts["round"](x) for x in xs]


def unary(name):
    f, specials, domain, points = UNARY[name]
    # As text, the two zeros are two keys.
    specials = [(float(x), y) for x, y in specials.items()]
    table = {}
    for dtype, facts in DTYPES.items():
        rows = [row(dtype, f, (x,), y) for x, y in specials + [(NAN, NAN)]]
        seen = {(x, math.copysign(1, x)) for x, _ in specials}
        for x in unary_points(facts, name, points):
            key = (x, math.copysign(1, x))
            if key in seen or abs(x) == INF or (domain and not domain(x)):
                continue
            seen.add(key)
            rows.append(row(dtype, f, (x,), None))
        table[dtype] = rows
    return table


def special_logaddexp(a, b):
    if a != a or b != b:
        return NAN
    if INF in (a, b):
        return INF
    return max(a, b) if -INF in (a, b) else None


def special_remainder(python):
    def g(a, b):
        if a != a or b != b or abs(a) == INF or b == 0:
            return NAN
        if abs(b) == INF:
            # The sign of b (remainder) moves a finite number to b itself.
            return a if not python or a * b > 0 else (b if a != 0 else math.copysign(0.0, b))
        r = math.fmod(a, b)
        if not python:
            return math.copysign(r, a) if r == 0 else r
        if r == 0:
            return math.copysign(0.0, b)
        return None if (r < 0) != (b < 0) else r

    return g


def exact_remainder(a, b):
    x, y = Fraction(float(a)), Fraction(float(b))
    r = x - y * math.floor(x / y)
    return mpf(r.numerator) / r.denominator


def floor_quotient(a, b):
    x, y = Fraction(float(a)), Fraction(float(b))
    return mpf(math.floor(x / y))


def special_xlog(scipy):
    def g(x, y):
        value = float(scipy(x, y))
        return None if math.isfinite(value) and value != 0 else value

    return g


def special_entropy(kl):
    def g(x, y):
        if x != x or y != y:
            return NAN
        if x == 0 and y >= 0:
            return y if kl else 0.0
        if x < 0 or y <= 0:
            return INF
        return None

    return g


def close_pairs(rng, facts, n, scale=1.0):
    out = []
    for i in range(n):
        a = 2.0 ** rng.uniform(-6, 6) * scale
        out.append((a, a * (1 + rng.choice((1, -1)) * 2.0 ** -rng.randint(1, facts["bits"] - 2))))
    return out


def generic(rng, facts, n):
    return [(rng.uniform(-20, 20), rng.uniform(-20, 20)) for _ in range(n)] + [(2.0 ** rng.uniform(-60, 60) * rng.choice((1, -1)), 2.0 ** rng.uniform(-60, 60) * rng.choice((1, -1))) for _ in range(n)]


def positive(rng, facts, n):
    return [(abs(a), abs(b)) for a, b in generic(rng, facts, n)]


def log_pairs(base):
    def g(rng, facts, n):
        # e^a + e^b = 1 + d: the result cancels.
        out = [(a, float(m.log(1 - m.power(base, a)) / m.log(base)) * (1 + 2.0**-k)) for a in (-1.0, -0.5, -0.7, -3.0, -8.0) for k in (4, 12, 20, 60)]
        out += [(a, a) for a in (1.0, -700.0, 80.0, -float(m.log(2, base)))]
        return out + generic(rng, facts, n) + [(rng.uniform(-900, 900), rng.uniform(-900, 900)) for _ in range(8)]

    return g


def quotients(rng, facts, n):
    out = [(1.0, 0.1), (-1.0, 0.1), (5.5, -2.0), (-6.0, 3.0), (6.0, -3.0)]
    for _ in range(2 * n):
        b = 2.0 ** rng.uniform(-40, 40) * rng.choice((1, -1))
        out.append((b * 2.0 ** rng.uniform(-10, facts["bits"] - 2) * rng.choice((1, -1)), b))
    # Subnormal divisors and dividends.
    tiny = 2.0 ** (facts["emin"] - facts["bits"] + 1)
    return out + [(7 * tiny, 3 * tiny), (-7 * tiny, 3 * tiny), (tiny, 1.0), (-tiny, -1.0), (2.0 ** facts["emin"], 3 * tiny)]


any_pairs = lambda rng, facts, n: generic(rng, facts, n)
positive_pairs = lambda rng, facts, n: positive(rng, facts, n) + close_pairs(rng, facts, n)
EDGES = [0.0, -0.0, 1.0, -1.0, 2.5, INF, -INF, NAN]
inside = lambda a, b: True
small_quotient = lambda a, b: not 0 < abs(b) < 1e-40 or abs(a) < 1e-30
# name: (function, value at special arguments or None, pairs, domain)
BINARY = {
    "logaddexp": (lambda a, b: max(a, b) + m.log1p(m.exp(-abs(a - b))), special_logaddexp, log_pairs(m.e), inside),
    "logaddexp2": (lambda a, b: max(a, b) + m.log1p(m.power(2, -abs(a - b))) / m.log(2), special_logaddexp, log_pairs(2), inside),
    "fmod": (None, special_remainder(False), quotients, small_quotient),
    "remainder": (exact_remainder, special_remainder(True), quotients, small_quotient),
    "floorDivide": (floor_quotient, lambda a, b: None if 0 < abs(b) < INF and 0 < abs(a) < INF else "skip", quotients, inside),
    "xlogy": (lambda x, y: x * m.log(y), special_xlog(sc.xlogy), lambda rng, facts, n: [(a, abs(b)) for a, b in generic(rng, facts, n)] + [(3.0, 1 + 2.0**-20), (-2.0, 1 - 2.0**-20)], inside),
    "xlog1py": (lambda x, y: x * m.log1p(y), special_xlog(sc.xlog1py), lambda rng, facts, n: [(a, abs(b)) for a, b in generic(rng, facts, n)] + [(3.0, -1 + 2.0**-20), (-2.0, -(2.0**-20))], inside),
    "relEntr": (lambda x, y: x * m.log(x / y), special_entropy(False), positive_pairs, lambda x, y: INF not in (abs(x), abs(y))),
    "klDiv": (deep(lambda x, y: x * m.log(x / y) - x + y), special_entropy(True), positive_pairs, lambda x, y: INF not in (abs(x), abs(y))),
}


def lerp_rows(dtype, facts):
    rng = random.Random("lerp" + dtype)
    r = facts["round"]
    tiny = 2.0 ** (facts["emin"] - facts["bits"] + 1)
    ends = [((NAN, 1.0, 0.5), NAN), ((1.0, NAN, 0.5), NAN), ((1.0, 2.0, NAN), NAN), ((3.0, 7.0, 0.0), 3.0)]
    ends += [((0.1, 0.7, 1.0), r(0.7)), ((tiny, 3 * tiny, 0.5), 2 * tiny)]
    out = [row(dtype, None, tuple(r(v) for v in x), y) for x, y in ends]
    for _ in range(40):
        a = rng.uniform(-5, 5)
        b = rng.choice((rng.uniform(-5, 5), a * (1 + 2.0 ** -rng.randint(1, 30)), 2.0 ** rng.uniform(-60, 60)))
        out.append(row(dtype, lambda a, b, w: a + w * (b - a), tuple(r(v) for v in (a, b, rng.choice((rng.uniform(0, 1), 0.5, 2.0**-30, rng.uniform(-1, 3))))), None))
    return out


def binary(name):
    f, special, pairs, domain = BINARY[name]
    table = {}
    for dtype, facts in DTYPES.items():
        rng = random.Random(name + dtype)
        tiny = 2.0 ** (facts["emin"] - facts["bits"] + 1)
        edges = [(a, b) for a in EDGES for b in EDGES] + [(tiny, 2.0), (2.0, 3 * tiny), (2.0 ** facts["emin"], 0.5)]
        rows, seen = [], set()
        for a, b in edges + [(facts["round"](a), facts["round"](b)) for a, b in pairs(rng, facts, 14)]:
            key = (repr(a), repr(b))
            if key in seen or not domain(a, b):
                continue
            seen.add(key)
            value = special(a, b)
            if value != "skip":
                rows.append(row(dtype, f, (a, b), value))
        table[dtype] = rows
    return table


if __name__ == "__main__":
    table = {name: unary(name) for name in UNARY} | {name: binary(name) for name in BINARY}
    table["lerp"] = {dtype: lerp_rows(dtype, facts) for dtype, facts in DTYPES.items()}
    lines = lambda rows: ",\n".join(json.dumps(r, separators=(",", ":")) for r in rows)
    with open("operations.json", "w") as file:
        parts = [f'"{name}": {{\n' + ",\n".join(f'"{dtype}": [\n{lines(rows)}\n]' for dtype, rows in t.items()) + "\n}" for name, t in table.items()]
        file.write("{\n" + ",\n".join(parts) + "\n}\n")
