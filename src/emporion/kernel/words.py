"""Neighbouring fields moved or written in one step.

Field by field, each value is loaded, kept in a register or, where those run out, put aside and fetched again, and
stored. Fields that lie side by side in both rows go as one word.

Which fields, is checked when the kernel is compiled: they must be neighbours, of the same types on both sides.
Uncompiled, the same is done a field at a time.
"""

from llvmlite import ir
from numba import types
from numba.core import cgutils, errors
from numba.extending import intrinsic

from emporion.kernel.jit import COMPILED


def copier(targets: str, sources: str):
    """`copy(target, source)`: the source's fields become the target's, in the order they are named."""
    to, of = targets.split(), sources.split()
    if not COMPILED:

        def copy(target, source):
            for name, value in zip(to, [getattr(source, each) for each in of], strict=True):
                setattr(target, name, value)

        return copy

    @intrinsic
    def copy_at_once(context, target, source):
        at, size = _span(target, to)
        from_at, from_size = _span(source, of)
        if size != from_size or [_size(target, each) for each in to] != [_size(source, each) for each in of]:
            raise errors.TypingError(f"{targets} and {sources} are not laid out alike")

        def build(ctx, builder, signature, args):
            word = ir.VectorType(ir.IntType(64), size // 8) if size > 8 else ir.IntType(8 * size)
            value = builder.load(cgutils.get_record_member(builder, args[1], from_at, word), align=1)
            builder.store(value, cgutils.get_record_member(builder, args[0], at, word), align=1)
            return ctx.get_dummy_value()

        return types.none(target, source), build

    return copy_at_once


def writer(fields: str):
    """`write(row, first, second, third, fourth)`: four neighbouring bytes as one word."""
    names = fields.split()
    assert len(names) == 4
    if not COMPILED:

        def write(row, *values):
            for name, value in zip(names, values, strict=True):
                setattr(row, name, value)

        return write

    @intrinsic
    def write_at_once(context, row, first, second, third, fourth):
        at, size = _span(row, names)
        if size != len(names):
            raise errors.TypingError(f"{fields} are not a byte each")

        def build(ctx, builder, signature, args):
            word = ir.IntType(32)
            whole = word(0)
            for place, value in enumerate(args[1:]):
                byte = builder.zext(builder.trunc(value, ir.IntType(8)), word)
                whole = builder.or_(whole, builder.shl(byte, word(8 * place)))
            builder.store(whole, cgutils.get_record_member(builder, args[0], at, word), align=1)
            return ctx.get_dummy_value()

        return types.none(row, *[types.int64] * 4), build

    return write_at_once


def reader(fields: str):
    """`read(row)`: four neighbouring bytes as one number, the first the lowest."""
    names = fields.split()
    assert len(names) == 4
    if not COMPILED:

        def read(row):
            return sum((int(getattr(row, name)) & 255) << 8 * place for place, name in enumerate(names))

        return read

    @intrinsic
    def read_at_once(context, row):
        at, size = _span(row, names)
        if size != len(names):
            raise errors.TypingError(f"{fields} are not a byte each")

        def build(ctx, builder, signature, args):
            word = builder.load(cgutils.get_record_member(builder, args[0], at, ir.IntType(32)), align=1)
            return builder.zext(word, ir.IntType(64))

        return types.int64(row), build

    return read_at_once


def _size(record, name: str) -> int:
    return record.typeof(name).bitwidth // 8


def _span(record, names: list[str]) -> tuple[int, int]:
    """Where the first of these neighbours lies, and how many bytes they are."""
    start = end = record.offset(names[0])
    for name in names:
        if record.offset(name) != end:
            raise errors.TypingError(f"{name} does not follow the field before it")
        end += _size(record, name)
    return start, end - start
