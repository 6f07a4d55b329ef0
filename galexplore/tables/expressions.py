"""Conditions and derived quantities as a person types them: "z < 0.1 and logmass > 10.5", "mag_g - mag_r".

The language is the part of Python that `pandas.DataFrame.query` and numexpr share. Text is parsed to a syntax tree, of
which only what stands here is computed, with numpy; nothing is ever executed: no attribute, no subscript, no call of
anything but the functions below. `&`, `|` and `~` are read as `and`, `or` and `not`, as pandas does. A missing value
passes no comparison but `!=`, and `not` turns that about: `isfinite(z)` asks what is known. Names that are no
identifiers stand in backticks.
"""

import ast
import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from galexplore.errors import InputError
from galexplore.tables.operands import find_close, is_one_of, read_column, say_kind
from galexplore.tables.source import Source

LONGEST = 500  # characters
MOST_NODES = 200
DEEPEST = 60
FUNCTIONS: dict[str, tuple[Callable, int]] = {  # with the number of their arguments
    "abs": (np.abs, 1),
    "sqrt": (np.sqrt, 1),
    "exp": (np.exp, 1),
    "log": (np.log, 1),
    "log10": (np.log10, 1),
    "sin": (np.sin, 1),
    "cos": (np.cos, 1),
    "tan": (np.tan, 1),
    "arctan2": (np.arctan2, 2),
    "floor": (np.floor, 1),
    "minimum": (np.minimum, 2),
    "maximum": (np.maximum, 2),
}
CONDITIONS = ("isfinite", "between", "isin")
CONSTANTS = {"pi": np.pi}
_ARITHMETIC: dict[type, Callable] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.true_divide,
    ast.Mod: np.mod,
    ast.Pow: np.power,
}
_COMPARISONS: dict[type, Callable] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
#: Conditions by name, (N,) each, that may stand in an expression as columns do.
Subsets = Mapping[str, np.ndarray]


def keep_where(condition: str, table: pd.DataFrame, subsets: Subsets | None = None) -> np.ndarray:
    """Mask (N,) of the rows that fulfil a condition, such as "0.1 < z < 0.3 and population == 'Green Pea'".

    Parameters
    ----------
    condition : str
        Comparisons, joined by `and`, `or`, `not` (or `&`, `|`, `~`), of columns, numbers, quoted words, `+ - * / % **`
        and the functions abs, sqrt, exp, log, log10, sin, cos, tan, arctan2, floor, minimum, maximum; `isfinite(x)`,
        `between(x, low, high)`, `isin(x, a, b)` and `x in [a, b]`.
    table : DataFrame
    subsets : mapping of str to ndarray (N,) of bool, optional
        Further conditions, by their names.

    Raises
    ------
    InputError
        Where it cannot be computed, or is a quantity and no condition: one sentence that names what is wrong.
    """
    value = _compute(condition, table, subsets)
    if say_kind(value) != "a condition":
        what = f"This is {say_kind(value)}, not a condition; compare it with something, such as z < 0.1."
        raise InputError(what)
    return np.array(np.broadcast_to(value, len(table)))


def derive(expression: str, table: pd.DataFrame, subsets: Subsets | None = None) -> np.ndarray:
    """Compute a quantity (N,), float64, such as "mag_g - mag_r"; NaN where it is not finite.

    Raises
    ------
    InputError
        Where it cannot be computed, or is a condition or text.
    """
    value = _compute(expression, table, subsets)
    if say_kind(value) != "a number":
        raise InputError(f"This is {say_kind(value)}, not a number; an axis needs one, such as mag_g - mag_r.")
    values = np.array(np.broadcast_to(_to_float(value), len(table)))
    values[~np.isfinite(values)] = np.nan
    return values


def tabulate(table: pd.DataFrame, columns: Iterable[str]) -> pd.DataFrame:
    """Gather columns of a table (N rows); those that it does not have are computed as expressions (`derive`).

    Raises
    ------
    InputError
        Where one is neither a column nor an expression.
    """
    names = list(dict.fromkeys(columns))
    known = table[[name for name in names if name in table]]
    derived = {name: derive(name, table) for name in names if name not in table}
    return known.assign(**derived) if derived else known


def list_columns_of(expression: str, table: pd.DataFrame) -> list[str]:
    """List the columns of a table that an expression names, in the order of the table; itself, if it is one."""
    if expression in table:
        return [expression]
    source = Source.read(expression, LONGEST)
    named = {source.name(node) for node in ast.walk(source.tree) if isinstance(node, ast.Name)}
    return [str(column) for column in table if column in named]


def _compute(text: str, table: pd.DataFrame, subsets: Subsets | None) -> Any:
    source = Source.read(text, LONGEST)
    if sum(1 for _ in ast.walk(source.tree)) > MOST_NODES:
        raise InputError("This expression has too many parts; split it into named subsets.")
    with np.errstate(all="ignore"):
        return _Computation(source, table, subsets or {}).value(source.tree)


def _to_float(value: Any) -> Any:
    """Give a number as float64, so that no integer wraps around."""
    return value.astype(np.float64, copy=False) if isinstance(value, np.ndarray) else np.float64(value)


class _Computation:
    """Values of the nodes of one expression over one table.

    A value is an array (N,) or a plain number, truth or word; plain numbers take the precision of what they meet, as
    in pandas.
    """

    def __init__(self, source: Source, table: pd.DataFrame, subsets: Subsets):
        self.source, self.table, self.subsets, self.depth = source, table, subsets, 0

    def value(self, node: ast.AST) -> Any:
        """Compute a node; whatever kind is not known here is refused."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise InputError("This expression is nested too deeply; split it into named subsets.")
        compute = getattr(self, f"_compute_{type(node).__name__.lower()}", None)
        if compute is None:
            raise self.refuse(node, "only comparisons, and, or, not, arithmetic and the listed functions are known")
        value = compute(node)
        self.depth -= 1
        return value

    def refuse(self, node: ast.AST, why: str) -> InputError:
        """Say what is wrong with a node."""
        return InputError(f"“{self.source.quote(node)}” cannot be computed: {why}.")

    def of_kind(self, node: ast.AST, kind: str, why: str) -> Any:
        """Compute a node that must be of a kind."""
        value = self.value(node)
        if say_kind(value) != kind:
            raise InputError(f"“{self.source.quote(node)}” is {say_kind(value)}; {why}.")
        return value

    def number(self, node: ast.AST) -> Any:
        """Compute a node that must be a number."""
        return self.of_kind(node, "a number", "a number is needed here")

    def truth(self, node: ast.AST) -> Any:
        """Compute a node that must be a condition."""
        why = "and, or, not join conditions, such as z < 0.1 (a column of 0 and 1: flag == 1)"
        return self.of_kind(node, "a condition", why)

    def _compute_constant(self, node: ast.Constant) -> Any:
        if isinstance(node.value, int) and abs(node.value) >= 2**63:  # of bool, too, but that is small
            try:
                return float(node.value)
            except OverflowError:
                raise self.refuse(node, "the number is too large") from None
        if not isinstance(node.value, bool | int | float | str):
            raise self.refuse(node, "only numbers and quoted text can be used")
        return node.value

    def _compute_name(self, node: ast.Name) -> Any:
        name = self.source.name(node)
        if name in self.table:
            return read_column(self.table, name)
        if name in self.subsets:
            if len(self.subsets[name]) != len(self.table):
                raise InputError(f"The subset {name} is of another table: {len(self.subsets[name]):,} rows.")
            return np.asarray(self.subsets[name], bool)
        if name in CONSTANTS:
            return CONSTANTS[name]
        if name in FUNCTIONS or name in CONDITIONS:
            raise InputError(f"{name} is a function; write {name}(...).")
        close = find_close(name, [*map(str, self.table), *self.subsets])
        raise InputError(f"There is no column “{name[:40]}”" + (f"; did you mean {close}?" if close else " here."))

    def _compute_unaryop(self, node: ast.UnaryOp) -> Any:
        if isinstance(node.op, ast.Not | ast.Invert):
            return np.logical_not(self.truth(node.operand))
        value = self.number(node.operand)
        return self._plain(np.negative(_to_float(value))) if isinstance(node.op, ast.USub) else value

    def _compute_binop(self, node: ast.BinOp) -> Any:
        compute = _ARITHMETIC.get(type(node.op))
        if compute is None:
            why = "a power is written **" if isinstance(node.op, ast.BitXor) else "the operators are + - * / % **"
            raise self.refuse(node, why)
        return self._plain(compute(_to_float(self.number(node.left)), _to_float(self.number(node.right))))

    def _compute_boolop(self, node: ast.BoolOp) -> Any:
        join = np.logical_and if isinstance(node.op, ast.And) else np.logical_or
        value = self.truth(node.values[0])
        for other in node.values[1:]:
            value = join(value, self.truth(other))
        return value

    def _compute_compare(self, node: ast.Compare) -> Any:
        left, together = node.left, None
        for relation, right in zip(node.ops, node.comparators, strict=True):
            one = self._compare(left, relation, right)
            together = one if together is None else np.logical_and(together, one)
            left = right
        return together

    def _compare(self, left: ast.expr, relation: ast.cmpop, right: ast.expr) -> Any:
        if isinstance(relation, ast.In | ast.NotIn):
            if not isinstance(right, ast.List | ast.Tuple | ast.Set):
                raise self.refuse(right, "in must be followed by a list, such as ['Green Pea', 'Red Spiral']")
            inside = self._is_in(left, right.elts)
            return np.logical_not(inside) if isinstance(relation, ast.NotIn) else inside
        compare = _COMPARISONS.get(type(relation))
        if compare is None:
            raise self.refuse(left, "to compare, write ==, !=, <, <=, > or >=")
        one, other = self.value(left), self.value(right)
        if say_kind(one) != say_kind(other):
            said = f"“{self.source.quote(left)}” is {say_kind(one)} and “{self.source.quote(right)}” {say_kind(other)}"
            raise InputError(f"{said}; only values of the same type can be compared (text must be in quotes).")
        if say_kind(one) == "a number":
            return compare(one, other)
        if compare not in (operator.eq, operator.ne):
            raise self.refuse(left, f"it is {say_kind(one)}, which == and != alone compare")
        equal = is_one_of(one, [other]) if say_kind(one) == "text" else np.equal(one, other)
        return equal if compare is operator.eq else np.logical_not(equal)

    def _is_in(self, item: ast.expr, choices: list[ast.expr]) -> Any:
        value, listed = self.value(item), [self.value(choice) for choice in choices]
        for choice, one in zip(choices, listed, strict=True):
            if say_kind(one) != say_kind(value) or isinstance(one, np.ndarray):
                raise self.refuse(choice, f"“{self.source.quote(item)}” is {say_kind(value)}, and so must be the list")
        if say_kind(value) == "text":
            return is_one_of(value, listed)
        equal = [np.equal(value, one) for one in listed]
        return np.logical_or.reduce(equal) if equal else np.zeros(len(self.table), bool)

    def _compute_call(self, node: ast.Call) -> Any:
        known = [*FUNCTIONS, *CONDITIONS]
        if not isinstance(node.func, ast.Name) or node.keywords:
            raise self.refuse(node, f"functions are {', '.join(known)}")
        name, arguments = node.func.id, node.args
        if name not in known:
            close = find_close(name, known)
            hint = f"did you mean {close}?" if close else f"there are {', '.join(known)}."
            raise InputError(f"There is no function “{name[:40]}”; {hint}")
        count = {"isfinite": 1, "between": 3}.get(name) or (FUNCTIONS[name][1] if name in FUNCTIONS else None)
        if (count or 2) > len(arguments) or (count and count < len(arguments)):
            wanted = f"{count}" if count else "a column and one or more values"
            raise InputError(f"{name} takes {wanted}{'' if not count else ' argument' + 's' * (count > 1)}.")
        if name == "isin":
            return self._is_in(arguments[0], arguments[1:])
        values = [self.number(argument) for argument in arguments]
        if name == "isfinite":
            return np.isfinite(_to_float(values[0]))
        if name == "between":
            return np.logical_and(operator.ge(values[0], values[1]), operator.le(values[0], values[2]))
        return self._plain(FUNCTIONS[name][0](*map(_to_float, values)))

    @staticmethod
    def _plain(value: Any) -> Any:
        """Give a single number as a plain one, which takes the precision of what it is compared with."""
        return value if isinstance(value, np.ndarray) else float(value)
