"""What the compiler is told about the record: two different fields never share a byte.

A record is a bare pointer, so to LLVM a write through it might change whatever was read through it
before, and every value is loaded again after every store. C has a rule for that (strict aliasing) and
LLVM a notation (`tbaa`): each load and store names what it touches, and names that are different do not
meet. Here the name is that of the field and its row's type.

That is true of the kernel because each byte of a state is reached by one name only: no row type lies
over another. The one memory that has several views, a batch of commands, is never written.
"""

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.np import arrayobj

ROOT = "emporion"


def install(context_class, is_ours) -> None:
    """Makes loads and stores of fields carry their names, in modules that `is_ours` says yes to."""
    _name_fields(context_class, is_ours)
    _name_items(is_ours)
    _check_bounds_at_once(is_ours)


def _name_fields(context_class, is_ours) -> None:
    get_getattr, get_setattr = context_class.get_getattr, context_class.get_setattr

    def named_getattr(self, kind, attribute):
        read = get_getattr(self, kind, attribute)
        if read is None or not isinstance(kind, types.Record) or isinstance(kind.typeof(attribute), types.NestedArray):
            return read  # Of a table only the address is taken.

        def read_field(context, builder, record, value, name):
            with _Naming(builder, is_ours(builder), record, name):
                return read(context, builder, record, value, name)

        return read_field

    def named_setattr(self, attribute, signature):
        write = get_setattr(self, attribute, signature)
        record = signature.args[0]
        if not isinstance(record, types.Record) or isinstance(record.typeof(attribute), types.NestedArray):
            return write

        def write_field(builder, args):
            with _Naming(builder, is_ours(builder), record, attribute):
                return write(builder, args)

        return write_field

    context_class.get_getattr = named_getattr
    context_class.get_setattr = named_setattr


def _name_items(is_ours) -> None:
    """Words of an index and children of a node are items of arrays, by their type."""
    load_item, store_item = arrayobj.load_item, arrayobj.store_item

    def is_number(builder, array):
        return is_ours(builder) and isinstance(array.dtype, types.Integer)

    def load_named_item(context, builder, array, pointer):
        with _Naming(builder, is_number(builder, array), array, "item"):
            return load_item(context, builder, array, pointer)

    def store_named_item(context, builder, array, value, pointer):
        with _Naming(builder, is_number(builder, array), array, "item"):
            return store_item(context, builder, array, value, pointer)

    arrayobj.load_item, arrayobj.store_item = load_named_item, store_named_item


def _check_bounds_at_once(is_ours) -> None:
    """One comparison for both ends: below 0 is far above, taken as a number without sign."""
    do_boundscheck = cgutils.do_boundscheck

    def check(context, builder, index, length, axis=None):
        if not is_ours(builder):
            return do_boundscheck(context, builder, index, length, axis)
        with cgutils.if_unlikely(builder, builder.icmp_unsigned(">=", index, length)):
            context.call_conv.return_user_exc(builder, IndexError, ("index is out of bounds",))

    cgutils.do_boundscheck = check


class _Naming:
    """Names the loads and stores that are built inside."""

    def __init__(self, builder, is_wanted, kind, name) -> None:
        self.builder, self.is_wanted, self.kind, self.name = builder, is_wanted, kind, name

    def __enter__(self) -> None:
        self.block, self.before = self.builder.block, len(self.builder.block.instructions)

    def __exit__(self, *raised) -> None:
        if raised[0] is not None or not self.is_wanted:
            return
        assert self.builder.block is self.block
        for instruction in self.block.instructions[self.before :]:
            if isinstance(instruction, ir.LoadInstr | ir.StoreInstr):
                instruction.set_metadata("tbaa", _tag(self.builder.module, self.kind, self.name))


def _tag(module, kind, name):
    if isinstance(kind, types.Record):
        label = f"{'/'.join(field for field, _ in kind.members)}.{name}"
    else:
        label = f"{kind.dtype}.{name}"
    root = module.add_metadata([ROOT])
    named = module.add_metadata([label, root, ir.Constant(ir.IntType(64), 0)])
    return module.add_metadata([named, named, ir.Constant(ir.IntType(64), 0)])
