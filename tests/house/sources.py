"""Every Python file of the project, read and parsed once, and what is counted in it.

A line of code holds something besides blanks, comments and docstrings. A syntax node is every node
of the tree but the contexts of names (whether one is read or written).
"""

import ast
import io
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = ("harness", "dashboard", "tests", "benchmarks", "examples")
FORMULAS = ("harness/components/datasets/phantoms/", "harness/stats/")
COMPREHENSION = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)
NO_CODE = frozenset(
    (
        tokenize.COMMENT,
        tokenize.NL,
        tokenize.NEWLINE,
        tokenize.INDENT,
        tokenize.DEDENT,
        tokenize.ENDMARKER,
    )
)

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Source:
    """A file of the project, read and parsed once."""

    path: str
    text: str
    tree: ast.Module
    code_lines: frozenset[int]

    @property
    def is_formula(self) -> bool:
        return self.path.startswith(FORMULAS)

    @property
    def functions(self) -> list[Function]:
        return [node for node in ast.walk(self.tree) if isinstance(node, FUNCTION)]


@dataclass
class Count:
    """What was counted in one file or in many."""

    lines: int = 0
    nodes: int = 0
    comprehensions: int = 0
    nested_comprehensions: list[str] = field(default_factory=list)
    conditionals: int = 0
    nested_conditionals: list[str] = field(default_factory=list)

    def per_1000(self, number: int) -> float:
        return 1000 * number / max(1, self.lines)


def docstring_lines(tree: ast.Module) -> set[int]:
    """The lines that docstrings of modules, classes and functions take."""
    lines: set[int] = set()
    for node in ast.walk(tree):
        if not isinstance(node, (ast.Module, ast.ClassDef, *FUNCTION)):
            continue
        if ast.get_docstring(node, clean=False) is not None:
            docstring = node.body[0]
            lines.update(range(docstring.lineno, (docstring.end_lineno or docstring.lineno) + 1))
    return lines


def lines_of_code(text: str, tree: ast.Module) -> frozenset[int]:
    """The lines that hold code: no comment, no blank line, no docstring."""
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in NO_CODE:
            lines.update(range(token.start[0], token.end[0] + 1))
    return frozenset(lines - docstring_lines(tree))


@cache
def sources() -> tuple[Source, ...]:
    """Every Python file of the project."""
    read: list[Source] = []
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            text = path.read_text(encoding="utf-8")
            tree = ast.parse(text)
            name = path.relative_to(ROOT).as_posix()
            read.append(Source(name, text, tree, lines_of_code(text, tree)))
    return tuple(read)


def count_nodes(node: ast.AST) -> int:
    """The syntax nodes under a node, itself included; whether a name is read or written is none."""
    count = 0
    for inner in ast.walk(node):
        if not isinstance(inner, ast.expr_context):
            count += 1
    return count


def holds_another(node: ast.AST, kinds: tuple[type[ast.AST], ...]) -> bool:
    """Whether a node of one of these kinds stands somewhere inside this one."""
    inner_nodes = list(ast.walk(node))
    inner_nodes.remove(node)
    of_these_kinds = [inner for inner in inner_nodes if isinstance(inner, kinds)]
    return bool(of_these_kinds)


def is_nested(node: ast.AST) -> bool:
    """Whether a comprehension has two `for`, or another comprehension inside."""
    if not isinstance(node, COMPREHENSION):
        return False
    return len(node.generators) > 1 or holds_another(node, COMPREHENSION)


def add_to(count: Count, source: Source) -> None:
    """Adds what stands in one file."""
    count.lines += len(source.code_lines)
    count.nodes += count_nodes(source.tree)
    for node in ast.walk(source.tree):
        if isinstance(node, COMPREHENSION):
            count.comprehensions += 1
            if is_nested(node):
                count.nested_comprehensions.append(f"{source.path}:{node.lineno}")
        elif isinstance(node, ast.IfExp):
            count.conditionals += 1
            if holds_another(node, (ast.IfExp,)):
                count.nested_conditionals.append(f"{source.path}:{node.lineno}")


@cache
def whole_tree() -> Count:
    count = Count()
    for source in sources():
        add_to(count, source)
    return count


def nodes_of_function(function: Function) -> int:
    """The syntax nodes of a function, its decorators (the table of a test, say) left out."""
    decorators = sum(count_nodes(decorator) for decorator in function.decorator_list)
    return count_nodes(function) - decorators


def function_lines(source: Source, function: Function) -> int:
    """The lines of code of a function, its decorators left out."""
    last = function.end_lineno or function.lineno
    return len(source.code_lines.intersection(range(function.lineno, last + 1)))


def all_functions() -> Iterator[tuple[Source, Function]]:
    for source in sources():
        for function in source.functions:
            yield source, function
