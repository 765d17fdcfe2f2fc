"""Compiling the kernel as one module instead of a function at a time.

Left to itself Numba optimises and emits every function together with copies of all it calls,
again for each caller: the work grows with the depth of the calls, and what is called across
modules is hardly ever inlined. Here the functions of the kernel are only lowered, and the entry
links them all, makes them private to itself and optimises once, as a C compiler does with
static functions. Measured: see docs/decisions/0007.

Arguments are widened too: integers of any width, literals and members of codes arrive as int64,
so that each function is compiled once and not for every mixture of them.

This reaches into Numba's code generator, so it is used with the versions it was written for and
otherwise left out: the kernel then compiles slower and runs slower, with the same results.
"""

import types as python_types
from collections.abc import Iterator

import llvmlite.binding as llvm
import numba
from llvmlite import ir
from numba import types
from numba.core import cgutils, registry
from numba.core.codegen import JITCodeLibrary
from numba.np import arrayobj

from emporion.kernel import fields

WRITTEN_FOR = (0, 68)
IS_SUPPORTED = numba.version_info[:2] == WRITTEN_FOR
PART = "emporion_part"  # Prefixes of the names by which the code generator knows ours.
ENTRY = "emporion_entry"
KEPT_OUT: set[str] = set()  # Functions, as module.name, that are never inlined,
WRITTEN_IN: set[str] = set()  # and of those that always are;
UNLIKELY: set[str] = set()  # and of the former those that are hardly ever called.


class _Unused:
    """Parts are never called from Python, so they have no environment to set."""

    @staticmethod
    def set_env(name: str, environment: object) -> None:
        pass


class PartLibrary(JITCodeLibrary):
    """A kernel function: lowered, to be linked by an entry; never machine code of its own."""

    @property
    def codegen(self):
        return _Unused

    def finalize(self) -> None:
        self._raise_if_finalized()
        self._finalized = True

    def get_pointer_to_function(self, name: str) -> int:
        return 0


class EntryLibrary(JITCodeLibrary):
    """An entry with every part it reaches, linked, made private and optimised as a whole."""

    def finalize(self) -> None:
        self._raise_if_finalized()
        own = _defined(self._final_module)
        kept_out: set[str] = set()
        written_in: set[str] = set()
        unlikely: set[str] = set()
        for library in self._reachable():
            name = library.name.removeprefix(f"{PART}.")
            if name in KEPT_OUT:
                kept_out |= _defined(library._final_module)
            elif name in WRITTEN_IN:
                written_in |= _defined(library._final_module)
            if name in UNLIKELY:
                unlikely |= _defined(library._final_module)
            self._reload_init.update(library._reload_init)
            if isinstance(library, PartLibrary):
                self._final_module.link_in(library._final_module, preserve=True)
            else:
                self._final_module.link_in(library._get_module_for_linking(), preserve=True)
        for function in self._final_module.functions:
            if not function.is_declaration and function.name not in own:
                function.linkage = llvm.Linkage.internal
                if function.name in kept_out:
                    function.add_function_attribute("noinline")
                elif function.name in written_in:
                    function.add_function_attribute("alwaysinline")
                if function.name in unlikely:
                    function.add_function_attribute("cold")
        self._optimize_final_module()
        self._final_module.verify()
        self._finalize_final_module()

    def _reachable(self) -> Iterator[JITCodeLibrary]:
        seen, todo = set(), list(self._linking_libraries)
        while todo:
            library = todo.pop(0)
            if library in seen:
                continue
            seen.add(library)
            yield library
            if isinstance(library, PartLibrary):
                todo += library._linking_libraries


def _is_ours(builder) -> bool:
    return PART in builder.module.name or ENTRY in builder.module.name


def _defined(module) -> set[str]:
    return {function.name for function in module.functions if not function.is_declaration}


def install() -> None:
    """Makes the code generator use our libraries for functions that carry our prefixes."""
    codegen = registry.cpu_target.target_context.codegen()
    if hasattr(codegen, "emporion_installed"):
        return
    create = codegen.create_library

    def create_library(name: str, **options):
        if name.startswith(PART):
            return PartLibrary(codegen, name, **options)
        if name.startswith(ENTRY):
            return EntryLibrary(codegen, name, **options)
        return create(name, **options)

    codegen.create_library = create_library
    fix_index = arrayobj.fix_integer_index

    def fix_integer_index(context, builder, kind, index, size):
        if kind.signed and _is_ours(builder):
            return context.cast(builder, index, kind, types.intp)  # The bounds check refuses what is below 0.
        return fix_index(context, builder, kind, index, size)

    arrayobj.fix_integer_index = fix_integer_index
    allocate = cgutils.alloca_once

    def alloca_once(builder, kind, size=None, name="", zfill=False):
        if name != "excinfo" or not _is_ours(builder):
            return allocate(builder, kind, size=size, name=name, zfill=zfill)
        with builder.goto_entry_block():
            return builder.alloca(kind, name=name)  # Read only after a failed call, which has written it.

    cgutils.alloca_once = alloca_once
    _leave_answers_unset(type(registry.cpu_target.target_context.call_conv))
    fields.install(type(registry.cpu_target.target_context), _is_ours)
    codegen.emporion_installed = True


def _leave_answers_unset(conventions) -> None:
    """What a call returns is written by the called function: it is not set to zero before, nor at the beginning."""
    call_function = conventions.call_function

    def call(self, builder, callee, *args, **options):
        result = call_function(self, builder, callee, *args, **options)
        if _is_ours(builder):
            blocks = [builder.block, *reversed(builder.function.blocks)]
            made = (each for block in blocks for each in reversed(block.instructions) if _calls(each, callee))
            answer = next(made).args[0]
            for block in blocks:
                block.instructions = [each for each in block.instructions if not _sets_to_zero(each, answer)]
        return result

    conventions.call_function = call


def _calls(instruction, function) -> bool:
    return isinstance(instruction, ir.CallInstr) and instruction.callee is function


def _sets_to_zero(instruction, place) -> bool:
    return (
        isinstance(instruction, ir.StoreInstr)
        and instruction.operands[1] is place
        and isinstance(instruction.operands[0], ir.Constant)
    )


def widen(dispatcher) -> None:
    """Lets a compiled function take int64 for every integer it is given."""
    resolve = type(dispatcher).get_call_template

    def get_call_template(self, args, kws):
        return resolve(self, tuple(_widened(arg) for arg in args), kws)

    dispatcher.get_call_template = python_types.MethodType(get_call_template, dispatcher)


def _widened(kind):
    if isinstance(kind, types.Integer | types.IntegerLiteral | types.IntEnumMember):
        return types.int64
    if isinstance(kind, types.BooleanLiteral):
        return types.boolean
    return kind
