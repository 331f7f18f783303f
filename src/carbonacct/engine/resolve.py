"""Which way each symbol is obtained on lines of one pattern: given, an alternative, the formula, or the default.

A *pattern* is what lines have in common for this decision: the symbols they bring, the options that decide branches,
the empty cells of their table rows, the sub-lines they have. Everything else about a line is numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from carbonacct.engine.compile import Group, Route
from carbonacct.expressions.tree import Call, Compare, If, Is, Logic, Name, Node, Num, Sum, children, names, rebuild, sums, walk
from carbonacct.messages import say
from carbonacct.units import parse_unit

GIVEN = -1


@dataclass(frozen=True)
class Pattern:
    """given: symbols the lines bring. choices: option of each choice. closed: (symbol, route) whose table cell is
    empty. item_unit: the unit of the item. groups: sub-line symbols available in each group of sub-lines present."""

    given: frozenset[str]
    choices: frozenset[tuple[str, str]] = frozenset()
    closed: frozenset[tuple[str, int]] = frozenset()
    item_unit: str | None = None
    groups: frozenset[tuple[str, frozenset[str]]] = frozenset()


class Missing(Exception):  # noqa: N818
    """A symbol that cannot be obtained, and the symbols it lacks."""

    def __init__(self, lacking: Mapping[str, None]) -> None:
        self.lacking = dict(lacking)
        super().__init__(", ".join(lacking))


@dataclass
class Resolution:
    """The decision for one pattern. ``route[s]`` is GIVEN or the index of the symbol's route; ``node[s]`` its formula
    with the branches not taken pruned. Symbols tried in alternatives that turned out closed have routes too; what takes
    part in a result is :meth:`used`."""

    group: Group
    pattern: Pattern
    route: dict[str, int] = field(default_factory=dict)
    node: dict[str, Node] = field(default_factory=dict)
    _failed: dict[str, Missing] = field(default_factory=dict)
    _active: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._choices = dict(self.pattern.choices)
        self._groups = dict(self.pattern.groups)

    def available(self, name: str) -> bool:
        try:
            self.resolve(name)
        except Missing:
            return False
        return True

    def resolve(self, name: str) -> int:
        """Decide a symbol and all it needs. Raises Missing with what is lacking."""
        if name in self.route:
            return self.route[name]
        if name in self._failed:
            raise self._failed[name]
        symbol = self.group.symbols[name]
        if name in self.pattern.given and not symbol.is_output:
            self.route[name] = GIVEN
            return GIVEN
        if symbol.kind == "choice":
            if name in self._choices:
                self.route[name] = 0
                return 0
            raise self.fail(name, {name: None})
        if name in self._active:
            raise Missing({})
        self._active.add(name)
        lacking: dict[str, None] = {}
        try:
            for index, route in enumerate(symbol.routes):
                if route.value is not None and any(self.incomplete(what) for what in lacking):
                    break  # sub-lines are there, but one lacks something: a plain default would drop them all
                try:
                    node = self.open(name, index, route)
                except Missing as missing:
                    lacking.update(missing.lacking)
                    continue
                self.route[name] = index
                if node is not None:
                    self.node[name] = node
                return index
        finally:
            self._active.discard(name)
        raise self.fail(name, {name: None, **lacking} if not symbol.is_output else lacking)

    def incomplete(self, what: str) -> bool:
        """Whether a lacking name is a symbol of sub-lines that are given."""
        group, _, symbol = what.partition(".")
        return bool(symbol) and group in self._groups

    def fail(self, name: str, lacking: dict[str, None]) -> Missing:
        missing = Missing(lacking)
        if not self._active:
            self._failed[name] = missing
        return missing

    def open(self, name: str, index: int, route: Route) -> Node | None:
        """The pruned formula of a route that is open here, None for a default. Raises Missing otherwise."""
        if route.for_unit is not None and not same_unit(route.for_unit, self.pattern.item_unit):
            raise Missing({})
        if any(other in self.pattern.given or other in self._groups for other in route.unless):
            raise Missing({})
        for required in route.requires:
            if required in self.group.groups:
                if required not in self._groups:
                    raise Missing({required: None})
            else:
                self.resolve(required)
        if route.reference is not None and route.value is None:
            if (name, index) in self.pattern.closed:
                raise Missing({})
            if route.reference.axis in self.group.symbols:
                self.resolve(route.reference.axis)
            return None
        return None if route.node is None else self.prune(route.node)

    def prune(self, node: Node, variable: str | None = None, inside: str | None = None) -> Node:
        match node:
            case Num():
                return node
            case Name(name, base):
                if base is not None and base == variable:
                    assert inside is not None
                    if name not in self._groups.get(inside, frozenset()):
                        raise Missing({f"{inside}.{name}": None})
                elif name in self.group.symbols:
                    self.resolve(name)
                return node
            case If(condition, yes, no):
                decided = self.decide(condition)
                if decided is not None:
                    return self.prune(yes if decided else no, variable, inside)
                return If(
                    self.prune(condition, variable, inside), self.prune(yes, variable, inside), self.prune(no, variable, inside)
                )
            case Is():
                return Num(Fraction(bool(self.decide(node))))
            case Call("coalesce", args):
                return self.first(args, variable, inside)
            case Sum(body, bound, group):
                if group not in self._groups:
                    raise Missing({group: None})
                return Sum(self.prune(body, bound, group), bound, group)
            case _:
                return rebuild(node, tuple(self.prune(part, variable, inside) for part in children(node)))

    def first(self, args: tuple[Node, ...], variable: str | None, inside: str | None) -> Node:
        lacking: dict[str, None] = {}
        for arg in args:
            try:
                return self.prune(arg, variable, inside)
            except Missing as missing:
                lacking.update(missing.lacking)
        raise Missing(lacking)

    def decide(self, condition: Node) -> bool | None:
        """The truth of a condition that depends on choices only; None where numbers decide, line by line."""
        match condition:
            case Is(choice, option, negated) if choice.base is None:
                self.resolve(choice.name)
                return (self._choices[choice.name] == option) != negated
            case Logic("not", (of,)):
                inner = self.decide(of)
                return None if inner is None else not inner
            case Logic(op, of):
                parts = [self.decide(part) for part in of]
                if (op == "or") in parts:
                    return op == "or"
                return None if None in parts else op == "and"
            case Compare():
                return None
        return None

    def used(self, targets: Iterable[str]) -> set[str]:
        """Every symbol and group of sub-lines that the targets rest on."""
        found: set[str] = set()
        stack = [name for name in targets if name in self.route]
        while stack:
            name = stack.pop()
            if name in found:
                continue
            found.add(name)
            if self.route[name] == GIVEN or self.group.symbols[name].kind == "choice":
                continue
            route = self.group.symbols[name].routes[self.route[name]]
            found.update(r for r in route.requires if r in self.group.groups)
            stack.extend(r for r in route.requires if r in self.route)
            if route.reference is not None and route.reference.axis in self.route:
                stack.append(route.reference.axis)
            if name in self.node:
                found.update(item.group for item in sums(self.node[name]))
                stack.extend(n.name for n in names(self.node[name]) if n.name in self.route)
            if route.node is not None:
                stack.extend(n.choice.name for n in walk(route.node) if isinstance(n, Is) and n.choice.name in self.route)
        return found


def same_unit(first: str, second: str | None) -> bool:
    """Whether two unit texts mean the same unit (吨 and t)."""
    if first == second or second is None:
        return first == second
    one, two = parse_unit(first), parse_unit(second)
    return (one.scale, one.dims) == (two.scale, two.dims)


def explain_missing(group: Group, missing: Missing, item_unit: str | None = None) -> str:
    """What to give, in words: each lacking symbol with its title and its unit on this line, where that is known."""
    from carbonacct.messages import language

    parts = []
    for name in missing.lacking:
        holder, _, inner = name.partition(".")
        owner = group.groups.get(holder) if inner else group
        symbol = owner.symbols.get(inner or name) if owner else None
        if symbol is None:
            parts.append(name)
            continue
        title = symbol.title.zh if language() == "zh" else symbol.title.en
        options = f": {', '.join(symbol.options)}" if symbol.options else ""
        unit = symbol.units_by_item.get(item_unit or "", symbol.unit_text)
        if item_unit and symbol.unit.generic and not symbol.units_by_item:
            unit = unit.replace(symbol.unit.generic, item_unit)
        parts.append(f"{name} ({title}, {unit}{options})" if unit != "1" else f"{name} ({title}{options})")
    return say("resolve.or").join(parts)


def referenced_choices(group: Group) -> frozenset[str]:
    """Choices that decide branches or select table rows in this group."""
    found: set[str] = set()
    for symbol in group.symbols.values():
        for route in symbol.routes:
            if route.node is not None:
                found |= {n.choice.name for n in walk(route.node) if isinstance(n, Is) and n.choice.base is None}
            if route.reference and route.reference.axis in group.symbols:
                found.add(route.reference.axis)
    return frozenset(found)
