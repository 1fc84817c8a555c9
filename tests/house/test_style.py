"""How the code must read: one thought a line, names that speak, functions and files that the eye
can hold.

Counted for each file: syntax nodes per line of code (a docstring, a comment or a blank line is
none), comprehensions, conditional expressions, and names. The limits hold for the package, the
dashboard, the tests and the benchmarks.
"""

import ast
import re
from pathlib import Path

import pytest

from harness.spec.catalogue import HOMES
from tests.house.sources import (
    Count,
    Function,
    Source,
    add_to,
    all_functions,
    count_nodes,
    function_lines,
    nodes_of_function,
    sources,
    whole_tree,
)

NODES_OF_THE_TREE = 6.5
NODES_OF_A_FILE = 8.0
NODES_OF_A_FUNCTION = 12.0
NODES_OF_FORMULAS = 9.0  # over all files of phantoms and statistics together
NODES_OF_A_FILE_OF_FORMULAS = 12.0
NODES_OF_A_FUNCTION_OF_FORMULAS = 18.0
COMPREHENSIONS = 35.0  # these three per 1,000 lines of code
NESTED_COMPREHENSIONS = 1.5
CONDITIONALS = 22.0
LONGEST_FILE = 250
LONGEST_FUNCTION = 60
LONG_FUNCTION = 30  # one function in ten may be longer
LINES_WITHOUT_DOCSTRING = 5
POSITIONAL_ARGUMENTS = 5

VAGUE_NAMES = frozenset(
    """
    one each found made more there here known wanted told said kept held asked given mine theirs
    listed shown named called chosen some other both done place places about how what
    """.split()  # noqa: SIM905
)
PARTICIPLE = re.compile(r"_*[a-z]+(ed|wn|ept|aid|old|ound|ade|ven|sen|ut)")
NO_PARTICIPLES = frozenset(
    """
    feed seed speed need embed shed red bed led indeed exceed proceed nested shared
    """.split()  # noqa: SIM905
)
EMPTY_WORDS = ("Manager", "Handler", "Base", "utils", "helpers", "common")


def test_the_tree_holds_one_thought_a_line() -> None:
    count = whole_tree()
    assert count.nodes / count.lines <= NODES_OF_THE_TREE


def test_formulas_are_no_riddles() -> None:
    count = Count()
    for source in sources():
        if source.is_formula:
            add_to(count, source)
    assert count.nodes / count.lines <= NODES_OF_FORMULAS


@pytest.mark.parametrize("source", sources(), ids=lambda source: source.path)
def test_a_file_holds_one_thought_a_line(source: Source) -> None:
    limit = NODES_OF_A_FILE_OF_FORMULAS if source.is_formula else NODES_OF_A_FILE
    assert count_nodes(source.tree) <= limit * max(1, len(source.code_lines))


def test_a_function_holds_one_thought_a_line() -> None:
    dense: dict[str, float] = {}
    for source, function in all_functions():
        limit = NODES_OF_A_FUNCTION_OF_FORMULAS if source.is_formula else NODES_OF_A_FUNCTION
        nodes = nodes_of_function(function) / max(1, function_lines(source, function))
        if nodes > limit:
            dense[f"{source.path}:{function.lineno} {function.name}"] = round(nodes, 1)
    assert dense == {}


def test_comprehensions_are_few_and_stand_alone() -> None:
    count = whole_tree()
    assert count.per_1000(count.comprehensions) <= COMPREHENSIONS
    nested = count.per_1000(len(count.nested_comprehensions))
    assert nested <= NESTED_COMPREHENSIONS, count.nested_comprehensions


def test_conditional_expressions_are_few_and_stand_alone() -> None:
    count = whole_tree()
    assert count.nested_conditionals == []
    assert count.per_1000(count.conditionals) <= CONDITIONALS


def test_no_variable_has_a_vague_name() -> None:
    vague: list[str] = []
    for source in sources():
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                name = node.id
            elif isinstance(node, ast.arg):
                name = node.arg
            else:
                continue
            if name in VAGUE_NAMES:
                vague.append(f"{source.path}:{node.lineno} {name}")
    assert vague == []


def is_participle(name: str) -> bool:
    """Whether a name is one past participle, which does not say what a function does."""
    return bool(PARTICIPLE.fullmatch(name)) and name.lstrip("_") not in NO_PARTICIPLES


def is_component(function: Function) -> bool:
    """Whether a study file calls a function by its name, as `{name: trained}`: a noun there."""
    for decorator in function.decorator_list:
        name = ast.unparse(decorator).split("(")[0]
        if name in HOMES:
            return True
    return False


def test_no_function_is_called_by_a_bare_participle() -> None:
    functions = [
        f"{source.path}:{function.lineno} {function.name}"
        for source, function in all_functions()
        if is_participle(function.name) and not is_component(function)
    ]
    assert functions == []


def test_a_function_fits_in_the_eye() -> None:
    sizes: dict[str, int] = {}
    for source, function in all_functions():
        name = f"{source.path}:{function.lineno} {function.name}"
        sizes[name] = function_lines(source, function)
    too_long = {name: size for name, size in sizes.items() if size > LONGEST_FUNCTION}
    assert too_long == {}
    assert sum(size > LONG_FUNCTION for size in sizes.values()) <= len(sizes) / 10


@pytest.mark.parametrize("source", sources(), ids=lambda source: source.path)
def test_a_file_is_read_in_one_sitting(source: Source) -> None:
    assert len(source.text.splitlines()) <= LONGEST_FILE


def test_a_function_says_what_it_does() -> None:
    """Of tests the name says it; of everything else that is longer than a few lines, a docstring
    does.
    """
    silent: list[str] = []
    for source, function in all_functions():
        is_test = source.path.startswith("tests/")
        is_short = function_lines(source, function) - 1 <= LINES_WITHOUT_DOCSTRING
        if not is_test and not is_short and ast.get_docstring(function) is None:
            silent.append(f"{source.path}:{function.lineno} {function.name}")
    assert silent == []


def is_command(function: Function) -> bool:
    """Whether a function is a command, whose options typer reads off its arguments."""
    return any("app.command" in ast.unparse(decorator) for decorator in function.decorator_list)


def test_at_most_five_positional_arguments() -> None:
    crowded: dict[str, int] = {}
    for source, function in all_functions():
        is_test = source.path.startswith("tests/")
        positional = [
            argument for argument in function.args.args if argument.arg not in ("self", "cls")
        ]
        if len(positional) > POSITIONAL_ARGUMENTS and not is_command(function) and not is_test:
            crowded[f"{source.path}:{function.lineno} {function.name}"] = len(positional)
    assert crowded == {}


def test_no_empty_words_and_no_inheritance_for_variants() -> None:
    names: list[str] = []
    for source in sources():
        names.append(Path(source.path).stem)
        names += [node.name for node in ast.walk(source.tree) if isinstance(node, ast.ClassDef)]
    pattern = re.compile("|".join(EMPTY_WORDS))
    assert [name for name in names if pattern.search(name)] == []
